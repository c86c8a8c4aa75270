package dev.quire.machine.hart;

/** The clock behind the time CSR. */
@FunctionalInterface
public interface Timebase {
  /** Ticks of 100 ns since power-on. */
  long time();
}
