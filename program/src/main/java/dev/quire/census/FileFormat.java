package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a file is, by its first bytes. */
final class FileFormat {
  private static final String DUMP_PLAIN =
      "write it anew by QEMU's dump-guest-memory without -z, -l, -s, -R and -w";
  private static final String UNPACK = "unpack it first, or count its bytes by --raw";

  /** A format that is not read, and what to do instead. */
  private record Other(String magic, String what, String advice) {}

  private static final List<Other> OTHERS =
      List.of(
          new Other("KDUMP   ", "a kdump-compressed dump", DUMP_PLAIN),
          new Other("makedumpfile", "a flattened kdump-compressed dump", DUMP_PLAIN),
          new Other("DISKDUMP", "a diskdump", DUMP_PLAIN),
          new Other("PAGEDU64", "a Windows dump", DUMP_PLAIN),
          new Other("PAGEDUMP", "a Windows dump", DUMP_PLAIN),
          new Other("QEVM", "a QEMU migration stream", "dump memory by dump-guest-memory instead"),
          new Other("EMiL", "a LiME dump", "write it anew with LiME's format=raw"),
          new Other("QFI\u00fb", "a qcow2 image", "qemu-img convert -O raw makes a raw one of it"),
          new Other("KDMV", "a VMDK image", "qemu-img convert -O raw makes a raw one of it"),
          new Other("vhdxfile", "a VHDX image", "qemu-img convert -O raw makes a raw one of it"),
          new Other("\u001f\u008b", "compressed by gzip", UNPACK),
          new Other("\u00fd7zXZ", "compressed by xz", UNPACK),
          new Other("(\u00b5/\u00fd", "compressed by zstd", UNPACK));

  private FileFormat() {}

  static MemoryFile recognize(String name, FileChannel channel, boolean raw) throws IOException {
    long size = channel.size();
    if (size == 0) {
      throw UserError.of("%s is empty: there are no pages to count.", name);
    }
    if (raw) {
      return raw(name, channel, size, "");
    }
    ByteBuffer start = ByteBuffer.allocate(ElfCore.HEADER).order(ByteOrder.LITTLE_ENDIAN);
    while (start.hasRemaining() && channel.read(start, start.position()) >= 0) {
      // On to the next bytes.
    }
    start.flip();
    if (ElfCore.isElf(start) && !ElfCore.isCore(start)) {
      return raw(name, channel, size, name + " is an ELF file but no core: its bytes are counted.");
    }
    if (ElfCore.isElf(start)) {
      return new StretchFile(name, channel, new ElfCore(name, channel, start).stretches(), "");
    }
    String magic = StandardCharsets.ISO_8859_1.decode(start.duplicate()).toString();
    for (Other other : OTHERS) {
      if (magic.startsWith(other.magic())) {
        throw UserError.of("%s is %s: %s.", name, other.what(), other.advice());
      }
    }
    return raw(name, channel, size, "");
  }

  private static MemoryFile raw(String name, FileChannel channel, long size, String note) {
    long rest = size % PageHasher.PAGE;
    String padded =
        rest == 0
            ? ""
            : "The last page of %s has only %d bytes: zeros are added.".formatted(name, rest);
    return new StretchFile(
        name, channel, List.of(new Stretch(0, 0, size)), (note + " " + padded).strip());
  }
}
