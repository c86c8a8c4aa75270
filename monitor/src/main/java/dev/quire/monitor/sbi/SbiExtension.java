package dev.quire.monitor.sbi;

import dev.quire.monitor.vcpu.GuestHart;

/** The functions of one SBI extension. */
@FunctionalInterface
interface SbiExtension {
  /** Serves {@code function} for {@code caller}, whose arguments 0 to 5 are the call's. */
  SbiResult call(GuestHart caller, long function);
}
