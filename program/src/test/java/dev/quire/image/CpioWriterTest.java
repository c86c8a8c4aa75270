package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cpio writer and the initramfs made with it, read back by another implementation. */
final class CpioWriterTest {
  private static final String MODULES = "lib/modules/6.0-test/";

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

  private static String contentOf(Map<String, Entry> entries, String module) {
    return Objects.requireNonNull(entries.get(MODULES + module), module).content();
  }

  private GuestImage image() throws IOException {
    Path modules = Files.createDirectories(folder.resolve("modules"));
    Files.write(modules.resolve("virtio_mmio.ko"), SyntheticMirror.module(""));
    Files.write(modules.resolve("virtio_blk.ko"), SyntheticMirror.module("", "virtio:d00000002v*"));
    Files.write(modules.resolve("crc16.ko"), SyntheticMirror.module(""));
    Files.write(modules.resolve("jbd2.ko"), SyntheticMirror.module("crc16"));
    Files.write(modules.resolve("ext4.ko"), signed(ext4()));
    Files.writeString(folder.resolve("vmlinux"), "kernel");
    Files.writeString(folder.resolve("busybox"), "busybox");
    List<String> order = List.of("virtio_mmio", "virtio_blk", "crc16", "jbd2", "ext4");
    GuestImage.writeManifest(folder, "6.0-test", order);
    return GuestImage.load(folder);
  }

  private static byte[] ext4() {
    return SyntheticMirror.module("jbd2,libcrc,crc16", "fs-ext4", "ext3");
  }

  /** As scripts/sign-file does it, with a signature of 3 bytes. */
  private static byte[] signed(byte[] module) {
    byte[] mark = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer signed = ByteBuffer.allocate(module.length + 3 + 12 + mark.length);
    return signed.put(module).put(new byte[3]).putLong(2).putInt(3).put(mark).array();
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
        .contains("init", "quire/agent", "quire/busybox", MODULES + "virtio_mmio.ko")
        .doesNotContain(MODULES + "ext4.ko", MODULES + "virtio_blk.ko");
    assertThat(contentOf(plain, "modules.dep")).isEqualTo("virtio_mmio.ko:\n");
    assertThat(contentOf(plain, "modules.alias")).isEmpty();
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
        .containsKey(MODULES + "virtio_blk.ko")
        .containsEntry("quire/x", new Entry(0100755, "!"))
        .doesNotContainKey("quire/agent");
    assertThat(read(Initramfs.build(image, options.withSwap(true))))
        .containsKey(MODULES + "virtio_blk.ko")
        .doesNotContainKey(MODULES + "ext4.ko");
  }

  @Test
  void modulesComeUnsignedWithWhatModprobeReads() throws IOException {
    Initramfs.Options options = Initramfs.Options.of(256 << 20).withDisks(true);
    Map<String, Entry> entries = read(Initramfs.build(image(), options));
    assertThat(contentOf(entries, "ext4.ko")).isEqualTo(new String(ext4(), StandardCharsets.UTF_8));
    assertThat(contentOf(entries, "modules.dep").lines())
        .containsExactly(
            "crc16.ko:",
            "ext4.ko: jbd2.ko crc16.ko",
            "jbd2.ko: crc16.ko",
            "virtio_blk.ko:",
            "virtio_mmio.ko:");
    assertThat(contentOf(entries, "modules.alias").lines())
        .containsExactly(
            "alias ext3 ext4", "alias fs-ext4 ext4", "alias virtio:d00000002v* virtio_blk");
  }

  @Test
  void whatIsNoModuleIsASentence() throws IOException {
    GuestImage image = image();
    Files.writeString(folder.resolve("modules/ext4.ko"), "truncated, or something else");
    Initramfs.Options options = Initramfs.Options.of(256 << 20);
    assertThat(Initramfs.build(image, options)).isNotEmpty();
    assertThatThrownBy(() -> Initramfs.build(image, options.withDisks(true)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("ext4.ko is not an ELF file");
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
