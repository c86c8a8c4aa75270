package dev.quire.monitor.sbi;

import dev.quire.machine.board.PowerControl;
import dev.quire.monitor.vcpu.GuestHart;

/**
 * SRST (SBI 2.0, chapter 10). A shutdown for a system failure ends with status 1, any other with 0.
 */
record SystemReset(PowerControl power) implements SbiExtension {
  private static final int SHUTDOWN = 0;
  private static final int WARM_REBOOT = 2;
  private static final int SYSTEM_FAILURE = 1;

  @Override
  public SbiResult call(GuestHart caller, long function) {
    if (function != 0) {
      return SbiResult.NOT_SUPPORTED;
    }
    int type = (int) caller.argument(0);
    int reason = (int) caller.argument(1);
    if (type < SHUTDOWN || type > WARM_REBOOT || reason < 0 || reason > SYSTEM_FAILURE) {
      return SbiResult.INVALID_PARAM;
    }
    PowerControl.Kind kind = type == SHUTDOWN ? PowerControl.Kind.OFF : PowerControl.Kind.RESET;
    power.request(kind, reason);
    caller.stop();
    return SbiResult.SUCCESS;
  }
}
