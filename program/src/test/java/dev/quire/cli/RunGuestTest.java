package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.Progress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's kernel as a guest, run as a user does. The first test to run may pull the image. */
class RunGuestTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void printsTheBytesOfTheCommandAndEndsWithItsStatus() throws IOException {
    byte[] shared = {0, (byte) 0xff, '\r', '\n', 4, 0x1d, 'x'};
    Files.createDirectory(folder.resolve("below"));
    Files.write(folder.resolve("below/bytes"), shared);
    GuestCommand guest =
        GuestCommand.run(
            "--stats",
            "--share",
            folder.toString(),
            "--exec",
            "cat /share/below/bytes; sh -c 'exit 7'");
    assertThat(guest.status()).as(guest.errors()).isEqualTo(7);
    assertThat(guest.bytes()).isEqualTo(shared);
    assertThat(guest.errors())
        .contains("instructions", "guest MIPS", "exits", "TLB", "walks", "frames used")
        .doesNotContain("Linux version");
  }

  @Test
  void theSameRunGivesTheSameBytesAndCounts() {
    String[] options = {
      "--json", "--exec", "head -c 16 /dev/urandom | md5sum; date +%s.%N; dmesg | md5sum"
    };
    GuestCommand first = GuestCommand.run(options);
    assertThat(first.status()).as(first.errors()).isZero();
    assertThat(first.text())
        .contains("\"paging\": \"nested\"", "\"consoleSha256\"", "Linux version")
        .contains("\"histogram\"", "\"configured\": 268435456");
    GuestCommand second = GuestCommand.run(withWalks(options));
    assertThat(withoutSeconds(second)).isEqualTo(withoutSeconds(first));
    assertThat(second.errors())
        .contains("At instruction 1,000: gva 0x80200000", "At instruction 250,000,000:")
        .contains(
            "19 references; left after a hit", "CPU 0 never came to instruction 99,999,999,999");
  }

  /** Explaining translations on the way changes nothing. */
  private static String[] withWalks(String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    for (String walk :
        List.of("80200000@1000", "0xffffffff80002000@250_000_000", "0@99999999999")) {
      all.addAll(List.of("--walk", walk));
    }
    return all.toArray(String[]::new);
  }

  private static String withoutSeconds(GuestCommand guest) {
    return guest.text().replaceAll("\"seconds\": [0-9.E-]+", "");
  }

  @Test
  void readsAndWritesDisks() throws IOException {
    Path[] disks = new Path[3];
    for (int i = 0; i < disks.length; i++) {
      byte[] content = new byte[1 << 20];
      Arrays.fill(content, (byte) ('a' + i));
      disks[i] = Files.write(folder.resolve("disk" + i), content);
    }
    String command =
        """
        set -e
        head -c 3 /dev/vda; head -c 3 /dev/vdb; head -c 3 /dev/vdc; echo
        cat /sys/block/vda/ro /sys/block/vdb/ro /sys/block/vdc/ro
        yes new | head -c 8192 | dd of=/dev/vda seek=1 bs=4096 conv=fsync 2>/dev/null
        yes new | head -c 8192 | dd of=/dev/vdc seek=1 bs=4096 conv=fsync 2>/dev/null
        echo 3 > /proc/sys/vm/drop_caches
        dd if=/dev/vdc skip=1 bs=4096 count=2 2>/dev/null | md5sum
        yes new | head -c 8192 | md5sum
        """;
    GuestCommand guest =
        GuestCommand.run(
            "--disk",
            disks[0].toString(),
            "--disk",
            disks[1] + ",ro",
            "--disk",
            disks[2] + ",cow",
            "--exec",
            command);
    assertThat(guest.status()).as(guest.errors() + guest.text()).isZero();
    String[] lines = guest.text().split("\n", -1);
    assertThat(lines).startsWith("aaabbbccc", "0", "1", "0");
    assertThat(lines[4]).isEqualTo(lines[5]);
    byte[] written = Files.readAllBytes(disks[0]);
    assertThat(new String(written, 4092, 8, StandardCharsets.US_ASCII)).isEqualTo("aaaanew\n");
    assertThat(new String(written, 12284, 8, StandardCharsets.US_ASCII)).isEqualTo("new\naaaa");
    assertThat(Files.readAllBytes(disks[1])).containsOnly('b');
    assertThat(Files.readAllBytes(disks[2])).containsOnly('c');
  }

  @Test
  void mountsAFileSystemWhoseModulesAreLoadedOnDemand() throws IOException {
    String disk = Files.write(folder.resolve("disk"), new byte[4 << 20]).toString();
    String command =
        """
        set -e
        mke2fs /dev/vda >/dev/null
        grep -c ext4 /proc/modules || true
        mount /dev/vda /mnt
        echo kept >/mnt/x
        umount /mnt
        mount -t ext4 /dev/vda /mnt
        cat /mnt/x
        """;
    GuestCommand guest = GuestCommand.run("--disk", disk, "--exec", command);
    assertThat(guest.text()).as(guest.errors()).isEqualTo("0\nkept\n");
    assertThat(guest.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"instructions", "host"})
  void hasFourCpus(String clock) {
    GuestCommand guest =
        GuestCommand.run(
            "--cpus",
            "4",
            "--clock",
            clock,
            "--exec",
            "nproc; for i in 1 2 3 4; do (seq 20000 | md5sum) & done; wait");
    assertThat(guest.status()).as(guest.errors()).isZero();
    String[] lines = guest.text().split("\n", -1);
    assertThat(lines).hasSize(6);
    assertThat(lines[0]).isEqualTo("4");
    assertThat(Arrays.copyOfRange(lines, 1, 5)).containsOnly(lines[1]);
  }

  @Test
  void bootsToAPromptThatTakesWhatIsTyped() {
    GuestCommand guest = GuestCommand.runTyping(typed("echo six=$((2*3))\npoweroff\n"));
    assertThat(guest.status()).as(guest.errors()).isZero();
    assertThat(guest.text()).contains("Linux version", "# ", "six=6", "reboot: Power down");
  }

  @Test
  void restartsWithTheSameDisks() throws IOException {
    String disk = Files.write(folder.resolve("disk"), new byte[512]).toString();
    String script =
        """
        if grep -q again /dev/vda
        then echo second start; poweroff
        else echo again | dd of=/dev/vda conv=fsync; reboot
        fi
        """;
    Files.writeString(folder.resolve("script"), script);
    // Nobody types after the restart: the shell that starts then runs the script by itself.
    byte[] profile = "sh /share/script\n".getBytes(StandardCharsets.US_ASCII);
    GuestImage image = ImageStore.ofUser().debian(MirrorOptions.DEFAULT, Progress.SILENT);
    Initramfs.Options options =
        Initramfs.Options.of(256 << 20).withDisks(true).withFiles(Map.of("root/.profile", profile));
    Path initrd = Files.write(folder.resolve("initrd"), Initramfs.build(image, options));
    GuestCommand guest =
        GuestCommand.run(
            "--initrd",
            initrd.toString(),
            "--share",
            folder.toString(),
            "--disk",
            disk + ",cow",
            "--clock",
            "instructions");
    assertThat(guest.status()).as(guest.text()).isZero();
    assertThat(guest.text()).contains("Restarting system", "second start", "Power down");
    assertThat(Files.readAllBytes(Path.of(disk))).containsOnly(0);
  }

  private static InputStream typed(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void aGuestWithoutAgentIsUsedByItsConsoleOnly() throws IOException {
    GuestImage image = ImageStore.ofUser().debian(MirrorOptions.DEFAULT, Progress.SILENT);
    Initramfs.Options options = Initramfs.Options.of(256 << 20).withAgent(false);
    Path initrd = Files.write(folder.resolve("initrd"), Initramfs.build(image, options));
    Path share = Files.createDirectory(folder.resolve("share"));
    Files.writeString(share.resolve("file"), "from the host\n");

    GuestCommand typing =
        GuestCommand.runTyping(
            typed("cat /share/file\npoweroff\n"),
            "--initrd",
            initrd.toString(),
            "--share",
            share.toString(),
            "--clock",
            "instructions");
    assertThat(typing.status()).as(typing.errors()).isZero();
    assertThat(typing.text()).contains("\nfrom the host");

    GuestCommand exec = GuestCommand.run("--initrd", initrd.toString(), "--exec", "true");
    assertThat(exec.status()).isEqualTo(2);
    assertThat(exec.errors()).contains("agent did not answer", "BusyBox");
  }

  @Test
  void aPanicEndsARunWithACommand() {
    GuestCommand guest =
        GuestCommand.run("--append", "rdinit=/nothing init=/nothing", "--exec", "true");
    assertThat(guest.status()).isEqualTo(2);
    assertThat(guest.errors()).contains("panicked");
  }

  @ParameterizedTest
  @CsvSource({
    "sv39, sv39x4, 2m, svadu, 11",
    "sv48, sv57x4, 4k, svade, 29",
    "sv57, sv39x4, 4k, svadu, 23",
    "sv57, sv57x4, 4k, svade, 35",
  })
  void bootsInEveryModeOnEveryTable(
      String guestMode, String gstage, String page, String ad, int longestWalk) {
    GuestCommand guest =
        GuestCommand.run(
            "--guest-mode",
            guestMode,
            "--gstage",
            gstage,
            "--gpage",
            page,
            "--ad",
            ad,
            "--tlb",
            "vspwc=0,gpwc=0,nested=0",
            "--json",
            "--exec",
            "grep -c ^mmu.*" + guestMode + " /proc/cpuinfo");
    assertThat(guest.status()).as(guest.errors() + guest.text()).isZero();
    assertThat(guest.text()).contains("\"output\": \"1\\n\"");
    String histogram = guest.text().replaceFirst("(?s).*\"histogram\": \\{(.*?)\\}.*", "$1");
    assertThat(histogram).contains("\"" + longestWalk + "\":");
  }
}
