package dev.quire.monitor.manager;

/**
 * Something that memory management did or noticed.
 *
 * @param nanos of machine time
 * @param vm the VM's name; empty if it concerns the machine
 * @param kind what sort of thing
 * @param text a sentence for people, with the reason
 */
public record MemoryEvent(long nanos, String vm, Kind kind, String text) {
  /** Sorts of events. */
  public enum Kind {
    /** How short of memory the machine is has changed. */
    STATE,
    /** Memory went from a VM. */
    MOVE,
    /** A balloon does not do what it is asked. */
    BALLOON,
    /** A VM stands still, or goes on. */
    HOLD,
    /** Pages cannot be swapped out. */
    SWAP
  }
}
