package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import java.util.Arrays;
import java.util.List;

/**
 * The state of a guest's CPU as the guest itself would describe it, between two instructions: the
 * same numbers however the guest is virtualized. Its caches and TLBs are no part of it, nor are
 * interrupts that are pending but not yet taken.
 */
public final class GuestState {
  private static final int REGISTERS = 32;
  private static final int F0 = REGISTERS;
  private static final int REST = 2 * REGISTERS;

  /** Of a kernel that has the machine for itself, and the same as a monitor sees them. */
  private static final int[][] CSRS = {
    {CsrNumber.FCSR, CsrNumber.FCSR},
    {CsrNumber.SSTATUS, CsrNumber.VSSTATUS},
    {CsrNumber.SIE, CsrNumber.VSIE},
    {CsrNumber.STVEC, CsrNumber.VSTVEC},
    {CsrNumber.SSCRATCH, CsrNumber.VSSCRATCH},
    {CsrNumber.SEPC, CsrNumber.VSEPC},
    {CsrNumber.SCAUSE, CsrNumber.VSCAUSE},
    {CsrNumber.STVAL, CsrNumber.VSTVAL}
  };

  private static final List<String> NAMES =
      List.of(
          "pc",
          "ra",
          "sp",
          "gp",
          "tp",
          "t0",
          "t1",
          "t2",
          "s0",
          "s1",
          "a0",
          "a1",
          "a2",
          "a3",
          "a4",
          "a5",
          "a6",
          "a7",
          "s2",
          "s3",
          "s4",
          "s5",
          "s6",
          "s7",
          "s8",
          "s9",
          "s10",
          "s11",
          "t3",
          "t4",
          "t5",
          "t6",
          "ft0",
          "ft1",
          "ft2",
          "ft3",
          "ft4",
          "ft5",
          "ft6",
          "ft7",
          "fs0",
          "fs1",
          "fa0",
          "fa1",
          "fa2",
          "fa3",
          "fa4",
          "fa5",
          "fa6",
          "fa7",
          "fs2",
          "fs3",
          "fs4",
          "fs5",
          "fs6",
          "fs7",
          "fs8",
          "fs9",
          "fs10",
          "fs11",
          "ft8",
          "ft9",
          "ft10",
          "ft11",
          "user",
          "satp",
          "fcsr",
          "sstatus",
          "sie",
          "stvec",
          "sscratch",
          "sepc",
          "scause",
          "stval");

  private final long[] values = new long[NAMES.size()];

  private GuestState() {}

  /** Of {@code cpu}, on its thread or while it does not run. */
  public static GuestState of(GuestCpu cpu) {
    GuestState state = new GuestState();
    Hart hart = cpu.hart();
    Csrs csrs = hart.csrs();
    long[] values = state.values;
    System.arraycopy(hart.x, 0, values, 0, REGISTERS);
    values[0] = hart.pc(); // instead of x0, which is always 0
    System.arraycopy(hart.f, 0, values, F0, REGISTERS);
    values[REST] = hart.privilege() == Privilege.U ? 1 : 0;
    values[REST + 1] = cpu.satp();
    int view = hart.virtual() ? 1 : 0;
    for (int i = 0; i < CSRS.length; i++) {
      values[REST + 2 + i] = csrs.peek(CSRS[i][view]);
    }
    return state;
  }

  public long pc() {
    return values[0];
  }

  /** Whether the CPU is in the user's mode, not the kernel's. */
  public boolean user() {
    return values[REST] != 0;
  }

  /** Names of all registers: pc, x and f by their names in the ABI, mode, and some CSRs. */
  public static List<String> names() {
    return NAMES;
  }

  /** The register {@link #names} has at that index. */
  public long value(int index) {
    return values[index];
  }

  /** A number that hardly ever is the same for another state. */
  public long digest() {
    long digest = 0;
    for (long value : values) {
      digest = (Long.rotateLeft(digest, 27) ^ value) * 0x9e3779b97f4a7c15L;
    }
    return digest;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GuestState state && Arrays.equals(values, state.values);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(digest());
  }
}
