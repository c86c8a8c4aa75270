package dev.quire.machine.device;

import dev.quire.machine.bus.InterruptLine;

/** A wire whose level a test can see. */
public final class Wire implements InterruptLine {
  public boolean level;

  @Override
  public void set(boolean asserted) {
    level = asserted;
  }
}
