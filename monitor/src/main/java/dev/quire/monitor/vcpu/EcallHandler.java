package dev.quire.monitor.vcpu;

/** Serves environment calls from a guest's kernel. */
@FunctionalInterface
public interface EcallHandler {
  /**
   * The vCPU executed ECALL in VS-mode: arguments are in a0 to a7, and the results go to a0 and a1.
   * The guest continues behind the ECALL, unless the call stopped or suspended the vCPU. On its
   * thread.
   */
  void ecall(GuestHart caller);
}
