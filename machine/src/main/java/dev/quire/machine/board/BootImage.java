package dev.quire.machine.board;

import dev.quire.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What is in the bare machine's memory at power-on, and where. From below: the program, the kernel
 * (a Linux Image or flat file 2 MiB above the start of memory; an ELF file where it says), free
 * memory, the initrd, and at the top, aligned to 2 MiB if there is room, the device tree and the
 * information for OpenSBI's fw_dynamic (its include/sbi/fw_dynamic.h).
 */
public final class BootImage {
  /** No such symbol. */
  public static final long NONE = -1;

  private static final long KERNEL_OFFSET = 2L << 20;
  private static final long PAGE = 4096;
  private static final long DYNAMIC_MAGIC = 0x4942534f;
  private static final long DYNAMIC_VERSION = 2;
  private static final long SUPERVISOR = 1;
  private static final int DYNAMIC_SIZE = 48;
  private static final int IMAGE_HEADER_SIZE = 64;
  private static final int IMAGE_MAGIC_AT = 56;
  private static final int IMAGE_MAGIC = 0x05435352; // "RSC\5"
  private static final int GZIP_MAGIC = 0x8b1f;

  /** Where a program was put; {@code elf} is null for a flat one. */
  private record Placed(long start, long end, long entry, @Nullable ElfFile elf, long bias) {}

  private final Placed program;
  private final long deviceTree;
  private final long dynamicInfo;

  private BootImage(Placed program, long deviceTree, long dynamicInfo) {
    this.program = program;
    this.deviceTree = deviceTree;
    this.dynamicInfo = dynamicInfo;
  }

  /** The program's first instruction. */
  public long entry() {
    return program.entry;
  }

  /** Where the flattened device tree is. */
  public long deviceTree() {
    return deviceTree;
  }

  /** Where struct fw_dynamic_info is. */
  public long dynamicInfo() {
    return dynamicInfo;
  }

  /** The hpa of one of the program's symbols, or {@link #NONE}. */
  public long symbol(String name) {
    OptionalLong address = program.elf == null ? OptionalLong.empty() : program.elf.symbol(name);
    return address.isPresent() ? address.getAsLong() + program.bias : NONE;
  }

  /** Fills {@code memory}; the kernel and the initrd may be absent. */
  public static BootImage load(
      PhysicalMemory memory,
      BareOptions options,
      ProgramFile program,
      @Nullable ProgramFile kernel,
      @Nullable ProgramFile initrd) {
    Placed first = place(memory, program, memory.base());
    Placed second = first;
    if (kernel != null) {
      refuseCompressed(kernel);
      second = place(memory, kernel, memory.base() + KERNEL_OFFSET);
      if (first.start < second.end && second.start < first.end) {
        throw UserError.of(
            "%s (0x%x to 0x%x) and %s (0x%x to 0x%x) overlap: they need different addresses.",
            program.name(),
            first.start,
            first.end - 1,
            kernel.name(),
            second.start,
            second.end - 1);
      }
    }
    long used = Math.max(first.end, second.end);
    long top = memory.base() + memory.size() - PAGE;
    int treeSize = BareDeviceTree.build(options, memory, 0, 1).length;
    long tree = (top - treeSize) & -MemorySize.UNIT;
    if (tree < used) {
      tree = (top - treeSize) & -PAGE;
    }
    long initrdSize = initrd == null ? 0 : initrd.bytes().length;
    long initrdAt = (tree - initrdSize) & -PAGE;
    if (initrdAt < used) {
      throw UserError.of(
          "%d MiB of memory cannot hold %s: at least %d MiB are needed.",
          memory.size() >>> 20,
          initrd == null ? "the program" : "the program and the initrd",
          (memory.size() + used - initrdAt + (1 << 20) - 1) >>> 20);
    }
    if (initrd != null) {
      memory.write(initrdAt, initrd.bytes(), 0, initrd.bytes().length);
    }
    byte[] blob = BareDeviceTree.build(options, memory, initrdAt, initrdAt + initrdSize);
    memory.write(tree, blob, 0, blob.length);
    memory.write(top, dynamicInfo(second.entry), 0, DYNAMIC_SIZE);
    return new BootImage(first, tree, top);
  }

  /** Puts a program where it says, or at {@code address} if it does not say. */
  private static Placed place(PhysicalMemory memory, ProgramFile program, long address) {
    if (ElfFile.isElf(program.bytes())) {
      ElfFile elf = new ElfFile(program.name(), program.bytes());
      long bias = elf.bias(memory);
      long end = elf.load(memory);
      return new Placed(elf.start() + bias, end, elf.entry() + bias, elf, bias);
    }
    long size = sizeInMemory(program);
    if (!memory.contains(address, size)) {
      throw UserError.of(
          "%s needs %d MiB of memory from 0x%x on, but memory has %d MiB.",
          program.name(), (size + (1 << 20) - 1) >>> 20, address, memory.size() >>> 20);
    }
    memory.write(address, program.bytes(), 0, program.bytes().length);
    return new Placed(address, address + size, address, null, 0);
  }

  /** A Linux Image says how much memory it needs (Documentation/arch/riscv/boot-image-header). */
  private static long sizeInMemory(ProgramFile program) {
    ByteBuffer bytes = ByteBuffer.wrap(program.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.capacity() < IMAGE_HEADER_SIZE || bytes.getInt(IMAGE_MAGIC_AT) != IMAGE_MAGIC) {
      return bytes.capacity();
    }
    long size = bytes.getLong(16);
    if (size < 0) {
      throw UserError.of("%s has a damaged Image header: its size is negative.", program.name());
    }
    return Math.max(size, bytes.capacity());
  }

  private static void refuseCompressed(ProgramFile kernel) {
    ByteBuffer bytes = ByteBuffer.wrap(kernel.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.capacity() >= 2 && Short.toUnsignedInt(bytes.getShort(0)) == GZIP_MAGIC) {
      throw UserError.of("%s is compressed: unpack it with gunzip first.", kernel.name());
    }
  }

  private static byte[] dynamicInfo(long kernelEntry) {
    ByteBuffer info = ByteBuffer.allocate(DYNAMIC_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    info.putLong(DYNAMIC_MAGIC).putLong(DYNAMIC_VERSION).putLong(kernelEntry).putLong(SUPERVISOR);
    return info.putLong(0).putLong(0).array();
  }
}
