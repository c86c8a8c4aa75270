package dev.quire.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a kernel module says of itself in its ELF64 section {@code .modinfo}: strings {@code
 * key=value}, each ended by a zero byte.
 */
final class ModuleInfo {
  private static final int ELF_MAGIC = 0x464c457f;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SIGNATURE_INFO_SIZE = 12;
  private static final byte[] SIGNATURE_MARK =
      "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);

  private ModuleInfo() {}

  /**
   * The names of the modules that must be loaded before this one, in the kernel's spelling (with
   * underscores).
   *
   * @throws IllegalArgumentException if this is not a module
   */
  static List<String> depends(byte[] module) {
    return values(module, "depends=").stream()
        .flatMap(names -> Arrays.stream(names.split(",")))
        .filter(name -> !name.isBlank())
        .map(ModuleInfo::canonical)
        .toList();
  }

  /**
   * Patterns of the names under which the module may be asked for, such as {@code fs-ext4}.
   *
   * @throws IllegalArgumentException if this is not a module
   */
  static List<String> aliases(byte[] module) {
    return values(module, "alias=");
  }

  private static List<String> values(byte[] module, String key) {
    return Arrays.stream(modinfo(module).split("\0", -1))
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()))
        .toList();
  }

  /**
   * The module without what the kernel's scripts/sign-file has appended: the signature, 12 bytes
   * that end in its length (big-endian), and a line that marks it.
   */
  static byte[] withoutSignature(byte[] module) {
    int marker = module.length - SIGNATURE_MARK.length;
    int info = marker - SIGNATURE_INFO_SIZE;
    if (info < 0
        || !Arrays.equals(
            module, marker, module.length, SIGNATURE_MARK, 0, SIGNATURE_MARK.length)) {
      return module;
    }
    int size = ByteBuffer.wrap(module).getInt(marker - Integer.BYTES);
    return size < 0 || size > info ? module : Arrays.copyOf(module, info - size);
  }

  /** Modules are named with dashes or underscores, which mean the same. */
  static String canonical(String name) {
    return name.strip().replace('-', '_');
  }

  private static String modinfo(byte[] module) {
    ByteBuffer elf = ByteBuffer.wrap(module).order(ByteOrder.LITTLE_ENDIAN);
    try {
      if (elf.getInt(0) != ELF_MAGIC) {
        throw new IllegalArgumentException("not an ELF file");
      }
      int headers = Math.toIntExact(elf.getLong(0x28));
      int count = elf.getShort(0x3c) & 0xffff;
      int names = sectionOffset(elf, headers, elf.getShort(0x3e) & 0xffff);
      for (int i = 0; i < count; i++) {
        int header = headers + i * SECTION_HEADER_SIZE;
        if (nameAt(module, names + elf.getInt(header)).equals(".modinfo")) {
          int size = Math.toIntExact(elf.getLong(header + 0x20));
          return new String(module, sectionOffset(elf, headers, i), size, StandardCharsets.UTF_8);
        }
      }
      return "";
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new IllegalArgumentException("a damaged ELF file", e);
    }
  }

  private static int sectionOffset(ByteBuffer elf, int headers, int index) {
    return Math.toIntExact(elf.getLong(headers + index * SECTION_HEADER_SIZE + 0x18));
  }

  private static String nameAt(byte[] module, int offset) {
    int end = offset;
    while (module[end] != 0) {
      end++;
    }
    return new String(module, offset, end - offset, StandardCharsets.US_ASCII);
  }
}
