package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.hart.CsrRegister.Guard;
import dev.quire.machine.mmu.TranslationState;
import org.jspecify.annotations.Nullable;

/**
 * The CSRs of one hart: a table from number to {@link CsrRegister}, and the rules of who may access
 * what. Registers with a behaviour of their own live in {@link Status}, {@link Environment}, {@link
 * Interrupts}, {@link InterruptViews}, {@link AddressSpaces}, {@link Protection}, {@link Counters}.
 */
public final class Csrs {
  /** Operations of {@link #access}. */
  public static final int READ_WRITE = 0;

  public static final int READ_SET = 1;
  public static final int READ_CLEAR = 2;

  private static final int NUMBERS = 4096;
  private static final int READ_ONLY = 3;
  private static final int HYPERVISOR = 2;
  private static final int TO_VS_NUMBER = 0x100;

  private final HartState state;

  /** By number; null where there is no such CSR. */
  private final @Nullable CsrRegister[] table = new CsrRegister[NUMBERS];

  /** The same with V=1, where the VS CSRs stand in for the supervisor's. */
  private final @Nullable CsrRegister[] virtualTable;

  final Status status;
  final Environment environment;
  final Interrupts interrupts;
  final AddressSpaces addressSpaces;
  final TrapRegisters machineTrap;
  final TrapRegisters supervisorTrap;
  final TrapRegisters guestTrap;
  final CsrRegister medeleg;
  final CsrRegister hedeleg;
  final CsrRegister mtval2 = new CsrRegister(-1L);
  final CsrRegister mtinst = new CsrRegister(-1L);
  final CsrRegister htval = new CsrRegister(-1L);
  final CsrRegister htinst = new CsrRegister(-1L);

  public Csrs(HartState state) {
    this.state = state;
    status = new Status(state);
    environment = new Environment(state);
    interrupts = new Interrupts(state, status, environment);
    addressSpaces = new AddressSpaces(state);
    machineTrap = new TrapRegisters(state);
    supervisorTrap = new TrapRegisters(state);
    guestTrap = new TrapRegisters(state);
    boolean hasH = state.isa.has(Extension.H);
    medeleg =
        new CsrRegister(Delegation.TO_SUPERVISOR | (hasH ? Delegation.TO_SUPERVISOR_WITH_H : 0));
    hedeleg = new CsrRegister(Delegation.TO_GUEST);
    CsrTable.fill(this, table);
    virtualTable = table.clone();
    for (int csr = CsrNumber.SSTATUS; csr <= CsrNumber.SATP; csr++) {
      if (table[csr] != null && table[csr + TO_VS_NUMBER] != null) {
        virtualTable[csr] = table[csr + TO_VS_NUMBER];
      }
    }
  }

  HartState state() {
    return state;
  }

  public Interrupts interrupts() {
    return interrupts;
  }

  /** See {@link Status#enableFp}. */
  public void enableFp() {
    status.enableFp();
  }

  /**
   * A whole CSR instruction in the current mode, except for rd. Raises an illegal or virtual
   * instruction before anything changes.
   *
   * @param operation {@link #READ_WRITE}, {@link #READ_SET} or {@link #READ_CLEAR}
   * @param reads false for CSRRW with rd=x0, whose result is then 0
   * @param writes false for CSRRS and CSRRC with rs1=x0 or a zero immediate
   * @return the old value
   */
  public long access(int csr, long operand, int operation, boolean reads, boolean writes) {
    CsrRegister register = permitted(csr, writes);
    long old = reads ? register.read() : 0;
    if (writes) {
      switch (operation) {
        case READ_WRITE -> register.write(operand);
        case READ_SET -> register.set(operand);
        case READ_CLEAR -> register.clear(operand);
        default -> throw new IllegalArgumentException("CSR operation " + operation);
      }
    }
    return old;
  }

  /** As a CSR instruction that only reads. */
  public long read(int csr) {
    return permitted(csr, false).read();
  }

  /** As a CSR instruction that only writes. */
  public void write(int csr, long value) {
    permitted(csr, true).write(value);
  }

  /**
   * The register of that number whatever the mode, for the monitor and debuggers: {@code SSTATUS}
   * is the HS-level register even when V=1. Only {@code TIME} depends on V.
   */
  public long peek(int csr) {
    return existing(csr).read();
  }

  /** Sets the register of that number whatever the mode; WARL fields stay legal. */
  public void poke(int csr, long value) {
    existing(csr).poke(value);
  }

  private CsrRegister existing(int csr) {
    CsrRegister register = table[csr];
    if (register == null) {
      throw new IllegalArgumentException("this hart has no CSR 0x" + Integer.toHexString(csr));
    }
    return register;
  }

  private CsrRegister permitted(int csr, boolean writes) {
    CsrRegister register = table[csr & (NUMBERS - 1)];
    if (register == null || (writes && csr >>> 10 == READ_ONLY)) {
      throw state.illegalInstruction();
    }
    TranslationState now = state.translation;
    int level = (csr >>> 8) & 3;
    if (register.guard != Guard.NONE && isIllegal(csr, register.guard)) {
      throw state.illegalInstruction();
    }
    if (!now.virtual) {
      int rank = now.privilege == Privilege.S ? HYPERVISOR : now.privilege;
      if (level > rank) {
        throw state.illegalInstruction();
      }
      return register;
    }
    if (level == Privilege.M) {
      throw state.illegalInstruction();
    }
    if (level > now.privilege || (register.guard != Guard.NONE && isVirtual(csr, register.guard))) {
      throw state.virtualInstruction();
    }
    CsrRegister substitute = virtualTable[csr];
    return substitute == null ? register : substitute;
  }

  /** Whether the access would be illegal in HS-mode too, or is one of U-mode's own. */
  private boolean isIllegal(int csr, Guard guard) {
    TranslationState now = state.translation;
    if (guard == Guard.FLOAT) {
      return status.floatOff();
    }
    if (now.privilege == Privilege.M) {
      return false;
    }
    boolean trapsPaging = !now.virtual && status.mstatusHas(Status.TVM);
    return switch (guard) {
      case SATP, HGATP -> trapsPaging;
      case TIMER ->
          !environment.supervisorTimer()
              || (environment.mcounteren.value & Environment.COUNTER_TM) == 0;
      case COUNTER ->
          !environment.mayCount(environment.mcounteren, csr)
              || (!now.virtual && !supervisorLetsCount(csr));
      case NONE, FLOAT -> false;
    };
  }

  /** Whether the hypervisor, or for VU-mode the guest's kernel, forbids what HS-mode may do. */
  private boolean isVirtual(int csr, Guard guard) {
    return switch (guard) {
      case SATP -> status.hstatusHas(Status.H_VTVM);
      case TIMER ->
          !environment.virtualTimer()
              || (environment.hcounteren.value & Environment.COUNTER_TM) == 0;
      case COUNTER ->
          !environment.mayCount(environment.hcounteren, csr) || !supervisorLetsCount(csr);
      case NONE, FLOAT, HGATP -> false;
    };
  }

  private boolean supervisorLetsCount(int csr) {
    return state.translation.privilege != Privilege.U
        || !state.isa.has(Extension.S)
        || environment.mayCount(environment.scounteren, csr);
  }

  Isa isa() {
    return state.isa;
  }
}
