package dev.quire.monitor.sbi;

import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.vcpu.GuestHart;

/** HSM (SBI 2.0, chapter 9): harts start, stop and suspend. */
record HartStateManagement(HartSet harts, GuestMemory memory) implements SbiExtension {
  private static final int RETENTIVE = 0;
  private static final int NON_RETENTIVE = 0x8000_0000;
  private static final int PLATFORM_RETENTIVE = 0x1000_0000;
  private static final int PLATFORM_NON_RETENTIVE = 0x9000_0000;

  @Override
  public SbiResult call(GuestHart caller, long function) {
    if (function < 0 || function > 3) {
      return SbiResult.NOT_SUPPORTED;
    }
    return switch ((int) function) {
      case 0 -> start(caller);
      case 1 -> {
        caller.stop();
        yield SbiResult.SUCCESS;
      }
      case 2 -> status(caller.argument(0));
      default -> suspend(caller);
    };
  }

  private SbiResult start(GuestHart caller) {
    GuestHart target = harts.hart(caller.argument(0));
    if (target == null) {
      return SbiResult.INVALID_PARAM;
    }
    if (!isCode(caller.argument(1))) {
      return SbiResult.INVALID_ADDRESS;
    }
    boolean started = target.start(caller.argument(1), caller.argument(2));
    return started ? SbiResult.SUCCESS : SbiResult.ALREADY_AVAILABLE;
  }

  private SbiResult status(long id) {
    GuestHart target = harts.hart(id);
    if (target == null) {
      return SbiResult.INVALID_PARAM;
    }
    return SbiResult.of(
        switch (target.state()) {
          case STARTED -> 0;
          case STOPPED -> 1;
          case START_PENDING -> 2;
          case SUSPENDED -> 4;
        });
  }

  private SbiResult suspend(GuestHart caller) {
    switch ((int) caller.argument(0)) {
      case RETENTIVE -> caller.suspend();
      case NON_RETENTIVE -> {
        if (!isCode(caller.argument(1))) {
          return SbiResult.INVALID_ADDRESS;
        }
        caller.suspendAndStart(caller.argument(1), caller.argument(2));
      }
      default -> {
        int type = (int) caller.argument(0);
        boolean platform =
            type >= PLATFORM_RETENTIVE || (type < 0 && type >= PLATFORM_NON_RETENTIVE);
        return platform ? SbiResult.NOT_SUPPORTED : SbiResult.INVALID_PARAM;
      }
    }
    return SbiResult.SUCCESS;
  }

  private boolean isCode(long gpa) {
    return (gpa & 1) == 0 && memory.contains(gpa, 2);
  }
}
