package dev.quire.machine.board;

import dev.quire.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A RISC-V program in ELF64 (System V ABI, "Object files"; RISC-V ELF psABI). Only what a loader
 * needs is kept: loadable segments by physical address, the entry, and the symbols.
 *
 * <p>The file is untrusted: whatever it says, the result is a program or a {@link UserError}.
 */
public final class ElfFile {
  private static final int HEADER_SIZE = 64;
  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;

  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int EXECUTABLE = 2;
  private static final int SHARED = 3;
  private static final int MACHINE_RISCV = 243;
  private static final int PROGRAM_LOAD = 1;
  private static final int SECTION_SYMBOLS = 2;

  /** {@code memorySize} bytes at {@code address}: the file's bytes, then zeros. */
  private record Segment(
      long address, long virtualAddress, int offset, int fileSize, long memorySize) {}

  private final String name;
  private final ByteBuffer bytes;
  private final List<Segment> segments = new ArrayList<>();
  private final Map<String, Long> symbols = new HashMap<>();
  private final long entry;
  private final boolean relocatable;

  /** Reads a program; {@code name} is the file's, for messages. */
  public ElfFile(String name, byte[] contents) {
    this.name = name;
    this.bytes = ByteBuffer.wrap(contents).order(ByteOrder.LITTLE_ENDIAN);
    checkHeader();
    relocatable = bytes.getShort(16) == SHARED;
    readSegments();
    readSymbols();
    entry = physical(bytes.getLong(24));
  }

  /** Whether the contents claim to be an ELF file at all, of any kind. */
  public static boolean isElf(byte[] contents) {
    return contents.length >= 4
        && ByteBuffer.wrap(contents).order(ByteOrder.LITTLE_ENDIAN).getInt(0) == MAGIC;
  }

  /**
   * Where {@link #load} puts the file relative to its own addresses: 0, except for a position
   * independent program linked outside {@code memory}, which goes to the start of memory.
   */
  public long bias(PhysicalMemory memory) {
    return relocatable && !memory.contains(start(), 0) ? memory.base() - start() : 0;
  }

  /** The lowest physical address of any segment, before {@link #bias}. */
  public long start() {
    long start = segments.getFirst().address;
    for (Segment segment : segments) {
      start = Long.compareUnsigned(segment.address, start) < 0 ? segment.address : start;
    }
    return start;
  }

  /** The address after the highest byte of any segment, before {@link #bias}. */
  public long end() {
    long end = 0;
    for (Segment segment : segments) {
      long after = segment.address + segment.memorySize;
      end = Long.compareUnsigned(after, end) > 0 ? after : end;
    }
    return end;
  }

  /** The physical address of the first instruction, before {@link #bias}. */
  public long entry() {
    return entry;
  }

  /** The address of a symbol, before {@link #bias}; empty if there is none. */
  public OptionalLong symbol(String symbol) {
    Long value = symbols.get(symbol);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** Copies all segments into memory, zeroes what follows their bytes; returns where they end. */
  public long load(PhysicalMemory memory) {
    long bias = bias(memory);
    for (Segment segment : segments) {
      if (!memory.contains(segment.address + bias, segment.memorySize)) {
        throw UserError.of(
            "%s wants %d bytes at 0x%x, but memory reaches from 0x%x to 0x%x.",
            name,
            segment.memorySize,
            segment.address + bias,
            memory.base(),
            memory.base() + memory.size() - 1);
      }
    }
    for (Segment segment : segments) {
      long at = segment.address + bias;
      memory.write(at, bytes.array(), segment.offset, segment.fileSize);
      memory.zero(at + segment.fileSize, segment.memorySize - segment.fileSize);
    }
    return end() + bias;
  }

  private void checkHeader() {
    if (bytes.capacity() < 4 || bytes.getInt(0) != MAGIC) {
      throw UserError.of("%s is not an ELF file.", name);
    }
    check(0, HEADER_SIZE, "header");
    if (bytes.get(4) != CLASS_64 || bytes.get(5) != LITTLE_ENDIAN) {
      throw UserError.of(
          "%s is not a 64-bit little-endian ELF file: Quire runs RV64 programs only.", name);
    }
    int machine = Short.toUnsignedInt(bytes.getShort(18));
    if (machine != MACHINE_RISCV) {
      throw UserError.of(
          "%s is for another processor (ELF machine %d): RISC-V (%d) is needed.",
          name, machine, MACHINE_RISCV);
    }
    int type = bytes.getShort(16);
    if (type != EXECUTABLE && type != SHARED) {
      throw UserError.of("%s is not an executable ELF file (type %d): link it first.", name, type);
    }
  }

  private void readSegments() {
    long table = bytes.getLong(32);
    int size = Short.toUnsignedInt(bytes.getShort(54));
    int count = Short.toUnsignedInt(bytes.getShort(56));
    if (count > 0 && size < PROGRAM_HEADER_SIZE) {
      throw UserError.of("%s has program headers of %d bytes instead of 56.", name, size);
    }
    check(table, (long) count * size, "program headers");
    for (int i = 0; i < count; i++) {
      int at = (int) table + i * size;
      if (bytes.getInt(at) == PROGRAM_LOAD && bytes.getLong(at + 40) != 0) {
        segments.add(segment(at));
      }
    }
    if (segments.isEmpty()) {
      throw UserError.of("%s has no loadable segments.", name);
    }
  }

  private Segment segment(int at) {
    long offset = bytes.getLong(at + 8);
    long fileSize = bytes.getLong(at + 32);
    long memorySize = bytes.getLong(at + 40);
    check(offset, fileSize, "segment");
    if (Long.compareUnsigned(memorySize, fileSize) < 0) {
      throw UserError.of("%s has a segment that is larger in the file than in memory.", name);
    }
    return new Segment(
        bytes.getLong(at + 24), bytes.getLong(at + 16), (int) offset, (int) fileSize, memorySize);
  }

  /** Programs may be linked at one (virtual) address and loaded at another. */
  private long physical(long address) {
    for (Segment segment : segments) {
      if (Long.compareUnsigned(address - segment.address, segment.memorySize) < 0) {
        return address;
      }
    }
    for (Segment segment : segments) {
      if (Long.compareUnsigned(address - segment.virtualAddress, segment.memorySize) < 0) {
        return address - segment.virtualAddress + segment.address;
      }
    }
    throw UserError.of("%s has its entry 0x%x outside its segments.", name, address);
  }

  private void readSymbols() {
    long table = bytes.getLong(40);
    int size = Short.toUnsignedInt(bytes.getShort(58));
    int count = Short.toUnsignedInt(bytes.getShort(60));
    if (count == 0) {
      return;
    }
    if (size < SECTION_HEADER_SIZE) {
      throw UserError.of("%s has section headers of %d bytes instead of 64.", name, size);
    }
    check(table, (long) count * size, "section headers");
    for (int i = 0; i < count; i++) {
      int at = (int) table + i * size;
      long names = Integer.toUnsignedLong(bytes.getInt(at + 40));
      if (bytes.getInt(at + 4) == SECTION_SYMBOLS && names < count) {
        readSymbolTable(at, (int) table + (int) names * size);
      }
    }
  }

  private void readSymbolTable(int header, int namesHeader) {
    long start = bytes.getLong(header + 24);
    long length = bytes.getLong(header + 32);
    long names = bytes.getLong(namesHeader + 24);
    long namesLength = bytes.getLong(namesHeader + 32);
    check(start, length, "symbol table");
    check(names, namesLength, "symbol names");
    for (int i = 0; i < length / SYMBOL_SIZE; i++) {
      int at = (int) start + i * SYMBOL_SIZE;
      long offset = Integer.toUnsignedLong(bytes.getInt(at));
      boolean defined = bytes.getShort(at + 6) != 0;
      if (defined && offset != 0 && offset < namesLength) {
        symbols.put(
            text((int) (names + offset), (int) (names + namesLength)), bytes.getLong(at + 8));
      }
    }
  }

  private String text(int start, int limit) {
    int end = start;
    while (end < limit && bytes.get(end) != 0) {
      end++;
    }
    return new String(bytes.array(), start, end - start, StandardCharsets.UTF_8);
  }

  private void check(long offset, long length, String what) {
    long size = bytes.capacity();
    if (offset < 0 || length < 0 || offset > size || length > size - offset) {
      throw UserError.of(
          "%s is truncated: its %s should reach beyond the file's %d bytes.", name, what, size);
    }
  }
}
