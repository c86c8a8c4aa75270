package dev.quire.machine.bus;

/** No device answers: the hart raises an access fault. Carries no state, hence one instance. */
public final class BusFault extends RuntimeException {
  private static final long serialVersionUID = 1L;
  public static final BusFault INSTANCE = new BusFault();

  private BusFault() {
    super("no device answers", null, false, false);
  }
}
