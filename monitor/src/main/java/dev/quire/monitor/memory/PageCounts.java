package dev.quire.monitor.memory;

/**
 * How many of a VM's guest frames are in each state; the sum is the VM's configured memory.
 *
 * @param privatePages with a machine frame of their own
 * @param shared with a machine frame that may stand behind others, too
 * @param swapped in the swap file
 * @param ballooned in the guest's balloon
 * @param unpopulated with nothing behind them
 * @param zero those of the unpopulated that the monitor dropped because they were all zero
 */
public record PageCounts(
    int privatePages, int shared, int swapped, int ballooned, int unpopulated, int zero) {

  /** All guest frames. */
  public int configured() {
    return privatePages + shared + swapped + ballooned + unpopulated;
  }
}
