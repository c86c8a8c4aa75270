package dev.quire.monitor.sbi;

import dev.quire.machine.board.PowerControl;
import dev.quire.machine.device.ByteSink;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.vcpu.EcallHandler;
import dev.quire.monitor.vcpu.GuestHart;
import java.util.List;
import java.util.Map;

/**
 * The SBI of one VM. Arguments come from the guest and may be anything; what is not valid is
 * answered with the error that the specification names.
 */
public final class Sbi implements EcallHandler {
  private static final long BASE = 0x10;
  private static final long TIME = 0x54494d45;
  private static final long IPI = 0x735049;
  private static final long RFENCE = 0x52464e43;
  private static final long HSM = 0x48534d;
  private static final long RESET = 0x53525354;
  private static final long DEBUG_CONSOLE = 0x4442434e;

  private static final int SPEC_VERSION = 2 << 24;
  private static final long IMPLEMENTATION_ID = 0x5155; // not a registered one
  private static final long IMPLEMENTATION_VERSION = 1;

  private static final int FUNCTION = 6;
  private static final int EXTENSION = 7;

  private final Map<Long, SbiExtension> extensions;

  /**
   * @param guestHarts all harts by id; may still be filled until the VM runs
   * @param console where the debug console writes to
   */
  public Sbi(
      List<? extends GuestHart> guestHarts,
      GuestMemory memory,
      PowerControl power,
      ByteSink console) {
    HartSet harts = new HartSet(guestHarts);
    extensions =
        Map.of(
            BASE, this::base,
            TIME, Sbi::time,
            IPI, (caller, function) -> interprocessorInterrupt(harts, caller, function),
            RFENCE, new RemoteFence(harts),
            HSM, new HartStateManagement(harts, memory),
            RESET, new SystemReset(power),
            DEBUG_CONSOLE, new DebugConsole(memory, console));
  }

  @Override
  public void ecall(GuestHart caller) {
    SbiExtension extension = extensions.get(caller.argument(EXTENSION));
    SbiResult result =
        extension == null
            ? SbiResult.NOT_SUPPORTED
            : extension.call(caller, caller.argument(FUNCTION));
    caller.setResult(result.error(), result.value());
  }

  private SbiResult base(GuestHart caller, long function) {
    if (function < 0 || function > 6) {
      return SbiResult.NOT_SUPPORTED;
    }
    return switch ((int) function) {
      case 0 -> SbiResult.of(SPEC_VERSION);
      case 1 -> SbiResult.of(IMPLEMENTATION_ID);
      case 2 -> SbiResult.of(IMPLEMENTATION_VERSION);
      case 3 -> SbiResult.of(extensions.containsKey(caller.argument(0)) ? 1 : 0);
      default -> SbiResult.of(0); // mvendorid, marchid, mimpid
    };
  }

  private static SbiResult time(GuestHart caller, long function) {
    if (function != 0) {
      return SbiResult.NOT_SUPPORTED;
    }
    caller.setTimer(caller.argument(0));
    return SbiResult.SUCCESS;
  }

  private static SbiResult interprocessorInterrupt(HartSet harts, GuestHart caller, long function) {
    if (function != 0) {
      return SbiResult.NOT_SUPPORTED;
    }
    List<? extends GuestHart> targets = harts.select(caller.argument(0), caller.argument(1));
    if (targets == null) {
      return SbiResult.INVALID_PARAM;
    }
    targets.forEach(GuestHart::raiseSoftwareInterrupt);
    return SbiResult.SUCCESS;
  }
}
