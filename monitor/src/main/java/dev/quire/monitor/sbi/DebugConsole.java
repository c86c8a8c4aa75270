package dev.quire.monitor.sbi;

import dev.quire.machine.device.ByteSink;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.vcpu.GuestHart;

/**
 * DBCN (SBI 2.0, chapter 12): text output before there are drivers. Input is the serial port's; a
 * read finds none. At most one page goes out at a time, and the guest calls again for the rest.
 */
record DebugConsole(GuestMemory memory, ByteSink console) implements SbiExtension {
  private static final long MOST = 4096;

  @Override
  public SbiResult call(GuestHart caller, long function) {
    if (function < 0 || function > 2) {
      return SbiResult.NOT_SUPPORTED;
    }
    if (function == 2) {
      console.accept(new byte[] {(byte) caller.argument(0)}, 0, 1);
      return SbiResult.SUCCESS;
    }
    long length = caller.argument(0);
    long gpa = caller.argument(1);
    if (caller.argument(2) != 0 || !memory.contains(gpa, length)) {
      return SbiResult.INVALID_PARAM;
    }
    return function == 0 ? write(gpa, (int) Math.min(length, MOST)) : SbiResult.SUCCESS;
  }

  private SbiResult write(long gpa, int length) {
    byte[] bytes = new byte[length];
    try {
      memory.read(gpa, bytes, 0, length);
    } catch (DmaFault outside) {
      return SbiResult.INVALID_PARAM;
    }
    console.accept(bytes, 0, length);
    return SbiResult.of(length);
  }
}
