package dev.quire.machine.arch;

/** Nominal privilege levels; with virtualization on, S is VS and U is VU. */
public final class Privilege {
  public static final int U = 0;
  public static final int S = 1;
  public static final int M = 3;

  private Privilege() {}
}
