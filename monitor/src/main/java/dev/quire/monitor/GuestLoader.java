package dev.quire.monitor;

import dev.quire.machine.board.ElfFile;
import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Puts what a guest starts from into its memory:
 *
 * <pre>
 *   RAM + 2 MiB    kernel, up to the end that its header asks for
 *   ...
 *   below the tree initramfs, 4 KiB aligned
 *   last 2 MiB     device tree
 * </pre>
 *
 * An ELF kernel goes where it wants to be.
 */
final class GuestLoader {
  private static final long PAGE = 4096;
  private static final long TREE_SPACE = 2 << 20;
  private static final int HEADER_SIZE = 64;
  private static final int IMAGE_SIZE = 16;
  private static final int IMAGE_MAGIC = 56;
  private static final int MAGIC = 0x05435352; // "RSC\5" (Linux, boot-image-header)
  private static final int GZIP = 0x8b1f;

  private final VmConfig config;
  private final GuestMemory memory;
  private final long treeAt;
  private final long initrdAt;
  private long entry;

  GuestLoader(VmConfig config, GuestMemory memory) {
    this.config = config;
    this.memory = memory;
    GuestFile initrd = config.initrd();
    long initrdSize = initrd == null ? 0 : initrd.size();
    this.treeAt = GuestLayout.RAM + config.memory() - TREE_SPACE;
    this.initrdAt = treeAt - initrdSize & -PAGE;
  }

  /** Where the guest starts; after {@link #load}. */
  long entry() {
    return entry;
  }

  /** The gpa of the device tree. */
  long treeAddress() {
    return treeAt;
  }

  /** Loads everything; a {@link UserError} if it does not fit or is no kernel. */
  void load(int virtioDevices) {
    long end = loadKernel();
    if (end > initrdAt) {
      throw UserError.of(
          "Memory of %dM is too small: %s%s and the device tree need %dM.",
          config.memory() >> 20,
          config.kernel().name(),
          config.initrd() == null ? "" : ", the initramfs",
          (end - GuestLayout.RAM + treeAt - initrdAt + 2 * TREE_SPACE - 1) >> 20 & -2);
    }
    GuestFile initrd = config.initrd();
    if (initrd != null) {
      write(initrdAt, initrd.bytes());
    }
    write(treeAt, new GuestTree(config, virtioDevices, initrdAt).build());
  }

  /** Returns the end of what the kernel needs. */
  private long loadKernel() {
    GuestFile kernel = config.kernel();
    byte[] bytes = kernel.bytes();
    if (ElfFile.isElf(bytes)) {
      return loadElf(new ElfFile(kernel.name(), bytes));
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 4) {
      throw UserError.of("%s is no kernel: it has %d bytes.", kernel.name(), bytes.length);
    }
    if ((header.getShort(0) & 0xffff) == GZIP) {
      throw UserError.of("%s is compressed: unpack it with gunzip first.", kernel.name());
    }
    long size = bytes.length;
    if (size >= HEADER_SIZE && header.getInt(IMAGE_MAGIC) == MAGIC) {
      size = Math.max(size, header.getLong(IMAGE_SIZE));
    }
    entry = GuestLayout.RAM + GuestLayout.KERNEL_OFFSET;
    if (size > initrdAt - entry) {
      return size > Long.MAX_VALUE / 2 ? Long.MAX_VALUE / 2 : entry + size;
    }
    write(entry, bytes);
    return entry + size;
  }

  /** The loader of ELF files wants flat memory: it gets some, and the result is copied. */
  private long loadElf(ElfFile file) {
    try (PhysicalMemory flat = new PhysicalMemory(memory.base(), memory.size())) {
      long end = file.load(flat);
      entry = file.entry() + file.bias(flat);
      byte[] page = new byte[(int) PAGE];
      for (long at = memory.base(); at < end && end <= initrdAt; at += PAGE) {
        flat.read(at, page, 0, page.length);
        if (!isZero(page)) {
          write(at, page);
        }
      }
      return end;
    }
  }

  private static boolean isZero(byte[] page) {
    for (byte value : page) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private void write(long gpa, byte[] bytes) {
    try {
      memory.write(gpa, bytes, 0, bytes.length);
    } catch (DmaFault outside) {
      throw new UserError(
          "Memory of %dM is too small for what is to be loaded.".formatted(config.memory() >> 20));
    }
  }
}
