package dev.quire.machine.bus;

/** A level-triggered wire: from a device to an interrupt controller, or from that to a hart. */
@FunctionalInterface
public interface InterruptLine {
  /** Sets the level; setting the level that it has already changes nothing. Any thread. */
  void set(boolean asserted);
}
