package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.DmaFault;

/**
 * Whoever follows which pages of guest memory hold which blocks of a disk, and may know what a
 * block holds without the disk. Pages and blocks have 4 KiB; the block of a number begins at sector
 * 8 times that. A disk calls it for each whole block that goes from or to a whole aligned page, and
 * says what else becomes of its blocks; it does nothing else between the calls of one transfer.
 */
public interface PageTransfers {
  /** Bytes of a page and of a block. */
  int PAGE = 4096;

  /** Sectors of a block. */
  int SECTORS = PAGE / BlockStore.SECTOR;

  /** Whether {@link #find} would give the block's content, which may be somewhere in memory. */
  boolean has(long block);

  /** Whether what the guest writes to the disk now stays in memory, so that it need not wait. */
  boolean absorbs();

  /**
   * The guest reads a block into the page at {@code gpa}: {@link #fill} follows, unless the disk
   * fails.
   *
   * @return whether {@code to} has the content from {@code offset} on now; if not, the disk has it
   */
  boolean find(long block, long gpa, byte[] to, int offset) throws DmaFault;

  /** Puts the content of a block into a page, which matches it from now on. */
  void fill(long block, long gpa, byte[] from, int offset) throws DmaFault;

  /**
   * Takes the content of a page, which is written to the block next: then they match. If the disk
   * fails, {@link #forget} follows.
   */
  void take(long block, long gpa, byte[] to, int offset) throws DmaFault;

  /** So many blocks change in another way, or may have. */
  void forget(long block, long count);

  /** Bytes are transferred of which the other methods are not told: no whole page. */
  void partial();

  /** Whether what {@link #find} gives is to be compared with the disk, see {@link #compared}. */
  boolean checks();

  /** What {@link #find} gave was compared with the disk: it is to be the same. */
  void compared(long block, boolean same);
}
