package dev.quire.run;

import dev.quire.machine.board.MemorySize;
import dev.quire.monitor.proxy.SwapDisk;

/** A disk to swap to as a user names it, by its size. */
public final class SwapDiskChoice {
  private SwapDiskChoice() {}

  /** Bytes; a {@link dev.quire.machine.board.UserError} if such a disk is not possible. */
  public static long parse(String text) {
    return SwapDisk.checked(MemorySize.parse(text));
  }

  /**
   * The kernel's command line by which Quire's own init swaps to it.
   *
   * @param bytes of the disk; 0: there is none
   * @param before how many disks the guest has before it
   */
  public static String append(long bytes, int before) {
    return bytes == 0 ? "" : " quire.swap=/dev/vd" + (char) ('a' + before) + " ";
  }
}
