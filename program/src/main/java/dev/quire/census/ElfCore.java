package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The memory in an ELF core, as QEMU's {@code dump-guest-memory} writes it: 64 bits, little-endian,
 * of any machine; each PT_LOAD segment is memory at its physical address. More than 65,534 segments
 * are counted in the first section header (PN_XNUM), as the ELF specification (gABI, "ELF Header")
 * says.
 *
 * <p>Nothing that a core says is trusted: a {@link UserError} if its headers contradict themselves
 * or the file. Bytes of a segment that are not in the file ({@code p_memsz} beyond {@code
 * p_filesz}) do not exist.
 */
final class ElfCore {
  /** Bytes of an ELF header. */
  static final int HEADER = 64;

  private static final int MAGIC = 0x464c457f; // 7f E L F
  private static final int IDENT_CLASS = 4;
  private static final int IDENT_DATA = 5;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int ET_CORE = 4;
  private static final int PT_LOAD = 1;
  private static final int PN_XNUM = 0xffff;

  private static final int E_TYPE = 16;
  private static final int E_PHOFF = 32;
  private static final int E_SHOFF = 40;
  private static final int E_PHENTSIZE = 54;
  private static final int E_PHNUM = 56;
  private static final int SH_INFO = 44;

  private static final int P_OFFSET = 8;
  private static final int P_PADDR = 24;
  private static final int P_FILESZ = 32;
  private static final int SEGMENT = 56;

  /** Of program headers; QEMU writes one for each region of memory. */
  private static final long MOST_SEGMENTS = 1 << 20;

  private static final int SEGMENTS_AT_ONCE = 1024;

  /** No machine has physical addresses of more bits. */
  private static final long ADDRESSES = 1L << 56;

  private final String name;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer header;

  /**
   * @param header the file's first bytes, little-endian: {@link #isElf} and {@link #isCore}
   */
  ElfCore(String name, FileChannel channel, ByteBuffer header) throws IOException {
    this.name = name;
    this.channel = channel;
    this.size = channel.size();
    this.header = header;
  }

  static boolean isElf(ByteBuffer start) {
    return start.limit() >= Integer.BYTES && start.getInt(0) == MAGIC;
  }

  /** Whether an ELF file is a core, of any kind, or is too short to say. */
  static boolean isCore(ByteBuffer start) {
    return start.limit() < E_TYPE + Short.BYTES
        || start.getShort(E_TYPE) == ET_CORE
        || Short.reverseBytes(start.getShort(E_TYPE)) == ET_CORE;
  }

  /** Its memory, by address. */
  List<Stretch> stretches() throws IOException {
    checkKind();
    long count = Short.toUnsignedInt(header.getShort(E_PHNUM));
    if (count == PN_XNUM) {
      long section = header.getLong(E_SHOFF);
      count = Integer.toUnsignedLong(at(section, HEADER, "section header").getInt(SH_INFO));
    }
    if (count > MOST_SEGMENTS) {
      throw UserError.of("%s has %d segments: at most %d are counted.", name, count, MOST_SEGMENTS);
    }
    List<Stretch> stretches = new ArrayList<>();
    long table = header.getLong(E_PHOFF);
    for (long i = 0; i < count; i += SEGMENTS_AT_ONCE) {
      int some = (int) Math.min(SEGMENTS_AT_ONCE, count - i);
      ByteBuffer part = at(table + i * SEGMENT, some * SEGMENT, "table of segments");
      for (int k = 0; k < some; k++) {
        add(part.slice(k * SEGMENT, SEGMENT).order(ByteOrder.LITTLE_ENDIAN), i + k, stretches);
      }
    }
    stretches.sort(Comparator.comparingLong(Stretch::address));
    checkTogether(stretches);
    return stretches;
  }

  private void checkKind() {
    if (header.limit() < HEADER) {
      throw UserError.of("%s begins as an ELF core, but ends within its header.", name);
    }
    if (header.get(IDENT_CLASS) != CLASS_64 || header.get(IDENT_DATA) != LITTLE_ENDIAN) {
      throw UserError.of(
          "%s is an ELF core of 32 bits or big-endian: only those of 64 bits, little-endian, are"
              + " read; QEMU's pmemsave writes raw memory, which can be counted.",
          name);
    }
    int entry = Short.toUnsignedInt(header.getShort(E_PHENTSIZE));
    if (entry != SEGMENT) {
      throw UserError.of(
          "%s is damaged: its program headers have %d bytes, not %d.", name, entry, SEGMENT);
    }
  }

  private ByteBuffer at(long offset, int length, String what) throws IOException {
    if (offset < 0 || offset > size - length) {
      throw UserError.of(
          "%s is damaged: its %s at byte %s is beyond its end.",
          name, what, Long.toUnsignedString(offset));
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw UserError.of("%s became shorter while it was read.", name);
      }
    }
    return bytes;
  }

  private void add(ByteBuffer segment, long number, List<Stretch> stretches) {
    long offset = segment.getLong(P_OFFSET);
    long address = segment.getLong(P_PADDR);
    long length = segment.getLong(P_FILESZ);
    if (segment.getInt(0) != PT_LOAD || length == 0) {
      return;
    }
    if (offset < 0 || length < 0 || length > size || offset > size - length) {
      throw UserError.of(
          "%s is damaged or cut short: segment %d has %s bytes at byte %s, beyond its end.",
          name, number, Long.toUnsignedString(length), Long.toUnsignedString(offset));
    }
    if (address % PageHasher.PAGE != 0 || address < 0 || address > ADDRESSES - length) {
      throw UserError.of(
          "%s is no core of a machine: segment %d is at physical address %#x, which is no page's.",
          name, number, address);
    }
    stretches.add(new Stretch(address, offset, length));
  }

  /** Each byte of memory and of the file belongs to one segment. */
  private void checkTogether(List<Stretch> stretches) {
    if (stretches.isEmpty()) {
      throw UserError.of("%s is an ELF core without memory: there are no pages to count.", name);
    }
    long total = 0;
    long end = 0;
    for (Stretch stretch : stretches) {
      if (stretch.address() < end) {
        throw UserError.of(
            "%s is no core of a machine's memory: two segments have physical address %#x. Cores of"
                + " processes are not read; QEMU's dump-guest-memory must not be given -p.",
            name, stretch.address());
      }
      end = stretch.end();
      total += stretch.length();
      if (total > size) {
        throw UserError.of("%s is damaged: its segments are more than the file.", name);
      }
    }
  }
}
