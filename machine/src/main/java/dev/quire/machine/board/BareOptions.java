package dev.quire.machine.board;

import dev.quire.machine.arch.Isa;

/**
 * What a bare machine is made of.
 *
 * @param memory bytes of RAM, a multiple of 2 MiB
 * @param harts 1 to {@link BareMachine#MAX_HARTS}
 * @param hostClock whether time is the host's and each hart has a thread; else it is instructions
 * @param append the kernel's command line, in the device tree
 * @param seed of everything random that the machine offers
 */
public record BareOptions(
    Isa isa, long memory, int harts, boolean hostClock, String append, long seed) {
  public BareOptions {
    if (memory <= 0 || memory % MemorySize.UNIT != 0) {
      throw new IllegalArgumentException("memory of " + memory + " bytes");
    }
    if (harts < 1 || harts > BareMachine.MAX_HARTS) {
      throw new IllegalArgumentException(harts + " harts");
    }
  }

  /** One hart with everything, under the instruction clock. */
  public static BareOptions standard() {
    return new BareOptions(Isa.full(), 128L << 20, 1, false, "", 1);
  }
}
