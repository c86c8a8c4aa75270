package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cpio writer and the initramfs made with it, read back by another implementation. */
final class CpioWriterTest {
  @TempDir Path folder;

  private record Entry(long mode, String content) {}

  private static Map<String, Entry> read(byte[] archive) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (CpioArchiveInputStream in =
        new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
      for (CpioArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        String content = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        entries.put(e.getName(), new Entry(e.getMode(), content));
      }
    }
    return entries;
  }

  private GuestImage image() throws IOException {
    Path modules = Files.createDirectories(folder.resolve("modules"));
    for (String name : List.of("virtio_mmio", "virtio_blk", "ext4")) {
      Files.writeString(modules.resolve(name + ".ko"), "module " + name);
    }
    Files.writeString(folder.resolve("vmlinux"), "kernel");
    Files.writeString(folder.resolve("busybox"), "busybox");
    GuestImage.writeManifest(folder, "6.0-test", List.of("virtio_mmio", "virtio_blk", "ext4"));
    return GuestImage.load(folder);
  }

  @Test
  void theFormatToTheByte() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CpioWriter cpio = new CpioWriter(out)) {
      cpio.file("a/b", 0755, new byte[] {'x', 'y', 'z', 'w', '!'});
    }
    String text = out.toString(StandardCharsets.US_ASCII);
    assertThat(text)
        .startsWith(
            "070701"
                + "00000001"
                + "000081ed"
                + "00000000"
                + "00000000"
                + "00000001"
                + "00000000"
                + "00000005"
                + "00000000"
                + "00000000"
                + "00000000"
                + "00000000"
                + "00000004"
                + "00000000"
                + "a/b\0"
                + "\0\0"
                + "xyzw!\0\0\0"
                + "070701");
    assertThat(text.indexOf("TRAILER!!!") % 4).isEqualTo(110 % 4);
    assertThat(out.size() % 4).isZero();
  }

  @Test
  void devicesCarryTheirNumbers() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CpioWriter cpio = new CpioWriter(out)) {
      cpio.characterDevice("console", 0600, 5, 1);
    }
    assertThat(out.toString(StandardCharsets.US_ASCII).substring(6 + 9 * 8, 6 + 11 * 8))
        .isEqualTo("0000000500000001");
  }

  @Test
  void theInitramfsHoldsWhatItsOptionsSay() throws IOException {
    GuestImage image = image();
    assertThat(image.version()).isEqualTo("6.0-test");
    Initramfs.Options options = Initramfs.Options.of(256 << 20);
    Map<String, Entry> plain = read(Initramfs.build(image, options));
    assertThat(plain.keySet())
        .contains("init", "quire/agent", "quire/busybox", "quire/modules/virtio_mmio.ko")
        .doesNotContain("quire/modules/ext4.ko", "quire/modules/virtio_blk.ko");
    assertThat(plain).containsEntry("bin/sh", new Entry(0120777, "/quire/busybox"));
    Map<String, Entry> other =
        read(
            Initramfs.build(
                image,
                options
                    .withAgent(false)
                    .withDisks(true)
                    .withFiles(Map.of("quire/x", new byte[] {'!'}))));
    assertThat(other)
        .containsEntry("quire/modules/ext4.ko", new Entry(0100644, "module ext4"))
        .containsEntry("quire/modules/order", new Entry(0100644, "virtio_mmio\nvirtio_blk\next4\n"))
        .containsEntry("quire/x", new Entry(0100755, "!"))
        .doesNotContainKey("quire/agent");
  }

  @Test
  void theInitramfsIsTheSameEachTime() throws IOException {
    GuestImage image = image();
    Initramfs.Options options = Initramfs.Options.of(256 << 20).withShare(folder);
    assertThat(Initramfs.build(image, options)).isEqualTo(Initramfs.build(image, options));
  }

  @Test
  void aSharedFolderKeepsModesAndLinks() throws IOException {
    GuestImage image = image();
    Path share = Files.createDirectory(folder.resolve("s"));
    Files.createDirectory(share.resolve("sub"));
    Path tool = Files.writeString(share.resolve("sub/tool"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-x---"));
    Files.createSymbolicLink(share.resolve("link"), Path.of("sub/tool"));
    Map<String, Entry> entries =
        read(Initramfs.build(image, Initramfs.Options.of(256 << 20).withShare(share)));
    assertThat(entries)
        .containsEntry("share/sub/tool", new Entry(0100750, "#!/bin/sh\n"))
        .containsEntry("share/link", new Entry(0120777, "sub/tool"))
        .containsKey("share/sub");
  }

  @Test
  void aSharedFolderThatIsTooLargeOrAbsentIsASentence() throws IOException {
    GuestImage image = image();
    Path share = Files.createDirectory(folder.resolve("s"));
    Files.write(share.resolve("big"), new byte[3 << 20]);
    assertThatThrownBy(
            () -> Initramfs.build(image, Initramfs.Options.of(84 << 20).withShare(share)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("3 MiB")
        .hasMessageContaining("84 MiB");
    Path absent = folder.resolve("absent");
    assertThatThrownBy(
            () -> Initramfs.build(image, Initramfs.Options.of(256 << 20).withShare(absent)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("absent");
  }

  @Test
  void aDamagedImageIsASentence() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> GuestImage.load(empty))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("quire image pull debian");
  }

  @Test
  void archivesFollowEachOtherAligned() {
    byte[] both = Initramfs.concatenate(new byte[] {1, 2, 3, 4, 5}, new byte[] {6});
    assertThat(both).containsExactly(1, 2, 3, 4, 5, 0, 0, 0, 6);
  }
}
