package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.mmu.Mmu;
import java.lang.invoke.VarHandle;

/**
 * Instructions that may change what the next one means: CSRs, returns from traps, fences, cache
 * blocks, the hypervisor's accesses. They run with the hart's counters exact, and set the pc.
 */
final class SystemOps {
  /** What the interpreter does after a system operation. */
  enum Then {
    /** It is completed, and what was known of the page of code still holds. */
    NEXT,
    /** It is completed; the instruction at state.pc must be fetched anew. */
    FETCH,
    /** It is completed; the run loop must look at interrupts, timers or idleness. */
    STOP,
    /** It is not completed: state.trap has the trap to take. */
    TRAP
  }

  private final HartState state;
  private final long[] x;
  private final Csrs csrs;
  private final Traps traps;
  private final PrivilegeChecks checks;
  private final Mmu mmu;
  private final GuestTrap trap;

  /** Address bits that no jump's target may have set. */
  private final int misaligned;

  private boolean waiting;

  SystemOps(HartState state, long[] x, Csrs csrs, Traps traps, Mmu mmu) {
    this.state = state;
    this.x = x;
    this.csrs = csrs;
    this.traps = traps;
    this.checks = new PrivilegeChecks(state, csrs);
    this.mmu = mmu;
    this.trap = state.trap;
    this.misaligned = state.isa.has(Extension.C) ? 0 : 2;
  }

  /** Whether the hart stands in WFI. */
  boolean waiting() {
    return waiting;
  }

  void wake() {
    waiting = false;
  }

  /**
   * Executes one operation above {@link Op#LAST_FLOAT} that stands at state.pc.
   *
   * @param next the pc behind it
   */
  Then execute(long d, long next) {
    int op = Decoded.op(d);
    int raw = (int) Decoded.imm(d);
    switch (op) {
      case Op.CSR -> {
        return csr(d, raw, next);
      }
      case Op.ECALL -> {
        trap.of(checks.ecallCause(), 0);
        return Then.TRAP;
      }
      case Op.EBREAK -> throw trap.of(Cause.BREAKPOINT, state.pc, state.translation.virtual);
      case Op.SRET -> traps.sret();
      case Op.MRET -> traps.mret();
      case Op.WFI -> {
        checks.checkWfi();
        waiting = true;
        state.pc = next;
        return Then.STOP;
      }
      case Op.MISALIGNED_JAL, Op.FAR_BRANCH, Op.JALR_CHECKED -> {
        jump(op, d, next);
        return Then.FETCH;
      }
      default -> {
        ordering(op, d, raw);
        state.pc = next;
        return op == Op.FENCE ? Then.NEXT : Then.FETCH;
      }
    }
    return csrs.interrupts().interruptReady() ? Then.STOP : Then.FETCH;
  }

  private Then csr(long d, int raw, long next) {
    int operation = (raw >>> 12 & 3) - 1;
    int source = Decoded.rs1(d);
    long operand = (raw & 0x4000) != 0 ? source : x[source];
    boolean reads = operation != Csrs.READ_WRITE || Decoded.rd(d) != 32;
    boolean writes = operation == Csrs.READ_WRITE || source != 0;
    int number = raw >>> 20;
    x[Decoded.rd(d)] = csrs.access(number, operand, operation, reads, writes);
    state.pc = next;
    return writes ? afterWriting(number) : Then.NEXT;
  }

  /** What kernels write most changes neither interrupts nor timers nor the translation of code. */
  private Then afterWriting(int csr) {
    return switch (csr) {
      case CsrNumber.FFLAGS,
          CsrNumber.FRM,
          CsrNumber.FCSR,
          CsrNumber.SSCRATCH,
          CsrNumber.SEPC,
          CsrNumber.SCAUSE,
          CsrNumber.STVAL,
          CsrNumber.STVEC ->
          Then.NEXT;
      case CsrNumber.SATP -> Then.FETCH;
      case CsrNumber.SSTATUS -> csrs.interrupts().interruptReady() ? Then.STOP : Then.NEXT;
      default -> Then.STOP;
    };
  }

  private void ordering(int op, long d, int raw) {
    long first = x[Decoded.rs1(d)];
    switch (op) {
      case Op.FENCE -> VarHandle.fullFence();
      case Op.FENCE_I -> VarHandle.fullFence();
      case Op.SFENCE_VMA, Op.SINVAL_VMA -> sfence(d, first);
      case Op.SFENCE_ORDER -> checks.checkSfenceOrder();
      case Op.HFENCE_VVMA, Op.HFENCE_GVMA -> hfence(op, d, first);
      case Op.HLV, Op.HLVX, Op.HSV -> hypervisorAccess(op, d, raw, first);
      case Op.CBO_ZERO -> {
        checks.checkCboZero();
        mmu.zeroBlock(first);
      }
      case Op.CBO_INVAL, Op.CBO_CLEAN, Op.CBO_FLUSH -> {
        if (op == Op.CBO_INVAL) {
          checks.checkCboInval();
        } else {
          checks.checkCboClean();
        }
        mmu.cacheBlock(first);
      }
      default -> throw trap.of(Cause.ILLEGAL_INSTRUCTION, 0);
    }
  }

  private void sfence(long d, long gva) {
    checks.checkSfence();
    boolean byAddress = Decoded.rs1(d) != 0;
    boolean byAsid = Decoded.rs2(d) != 0;
    int asid = (int) x[Decoded.rs2(d)] & 0xffff;
    if (state.translation.virtual) {
      mmu.fenceVvma(gva, asid, byAddress, byAsid);
      if (state.translation.vsatp >>> 60 == 0) {
        forgetGuestPhysical();
      }
    } else {
      mmu.fenceVma(gva, asid, byAddress, byAsid);
    }
  }

  /**
   * Drops the current VMID's G-stage translations at fences that do not ask for it but are rare:
   * software exists that counts on the walk after them starting from hgatp.
   */
  private void forgetGuestPhysical() {
    mmu.fenceGvma(0, (int) (state.translation.hgatp >>> 44) & 0x3fff, false, true);
  }

  private void hfence(int op, long d, long address) {
    boolean byAddress = Decoded.rs1(d) != 0;
    boolean byId = Decoded.rs2(d) != 0;
    int id = (int) x[Decoded.rs2(d)];
    if (op == Op.HFENCE_VVMA) {
      checks.checkHfence(false);
      mmu.fenceVvma(address, id & 0xffff, byAddress, byId);
      forgetGuestPhysical();
    } else {
      checks.checkHfence(true);
      mmu.fenceGvma(address << 2, id & 0x3fff, byAddress, byId);
    }
  }

  private void hypervisorAccess(int op, long d, int raw, long gva) {
    checks.checkHlv();
    int size = 1 << (raw >>> 26 & 3);
    if (op == Op.HSV) {
      mmu.hypervisorStore(gva, size, x[Decoded.rs2(d)]);
      return;
    }
    long value = mmu.hypervisorLoad(gva, size, op == Op.HLVX);
    boolean unsigned = (raw >>> 20 & 31) != 0;
    x[Decoded.rd(d)] = unsigned ? value & (1L << 8 * size) - 1 : value;
  }

  /**
   * Branches out of the page, and jumps of a hart without compressed instructions, whose targets
   * must be 4-byte aligned.
   */
  private void jump(int op, long d, long next) {
    long target = state.pc + Decoded.imm(d);
    if (op == Op.JALR_CHECKED) {
      target = x[Decoded.rs1(d)] + Decoded.imm(d) & -2;
    } else if (op == Op.FAR_BRANCH && !taken(d)) {
      state.pc = next;
      return;
    }
    if ((target & misaligned) != 0) {
      throw trap.of(Cause.FETCH_MISALIGNED, target, state.translation.virtual);
    }
    if (op != Op.FAR_BRANCH) {
      x[Decoded.rd(d)] = next;
    }
    state.pc = target;
  }

  private boolean taken(long d) {
    long a = x[Decoded.rs1(d)];
    long b = x[Decoded.rs2(d)];
    return switch (Decoded.rd(d)) {
      case Op.BEQ -> a == b;
      case Op.BNE -> a != b;
      case Op.BLT -> a < b;
      case Op.BGE -> a >= b;
      case Op.BLTU -> Long.compareUnsigned(a, b) < 0;
      default -> Long.compareUnsigned(a, b) >= 0;
    };
  }
}
