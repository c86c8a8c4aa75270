package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.TranslationState;

/**
 * The status registers mstatus, sstatus, vsstatus and hstatus, and the current mode. Keeps what the
 * MMU ({@link TranslationState}) and the interpreter ({@link HartState#fpReady}) see in step with
 * them: whoever changes a field directly calls {@link #sync} or {@link #enter}.
 */
final class Status {
  static final long SIE = 1L << 1;
  static final long MIE = 1L << 3;
  static final long SPIE = 1L << 5;
  static final long MPIE = 1L << 7;
  static final long SPP = 1L << 8;
  static final int MPP_SHIFT = 11;
  static final long MPP = 3L << MPP_SHIFT;
  static final long FS = 3L << 13;
  static final long MPRV = 1L << 17;
  static final long SUM = 1L << 18;
  static final long MXR = 1L << 19;
  static final long TVM = 1L << 20;
  static final long TW = 1L << 21;
  static final long TSR = 1L << 22;
  static final long UXL_64 = 2L << 32;
  static final long SXL_64 = 2L << 34;
  static final long GVA = 1L << 38;
  static final long MPV = 1L << 39;
  static final long SD = 1L << 63;

  static final long H_GVA = 1L << 6;
  static final long H_SPV = 1L << 7;
  static final long H_SPVP = 1L << 8;
  static final long H_HU = 1L << 9;
  static final long H_VTVM = 1L << 20;
  static final long H_VTW = 1L << 21;
  static final long H_VTSR = 1L << 22;
  private static final long VSXL_64 = 2L << 32;

  private static final long SUPERVISOR_FIELDS = SIE | SPIE | SPP | FS | SUM | MXR;
  private static final long HYPERVISOR_FIELDS =
      H_GVA | H_SPV | H_SPVP | H_HU | H_VTVM | H_VTW | H_VTSR;

  private final HartState state;
  private final boolean hasS;
  private final boolean hasU;

  final CsrRegister mstatus;
  final CsrRegister sstatus;
  final CsrRegister vsstatus;
  final CsrRegister hstatus;

  private long seenByMmu = -1;

  Status(HartState state) {
    this.state = state;
    this.hasS = state.isa.has(Extension.S);
    this.hasU = state.isa.has(Extension.U);
    boolean hasH = state.isa.has(Extension.H);
    long fs = state.isa.has(Extension.F) ? FS : 0;
    long fields = MIE | MPIE | MPP;
    if (hasU) {
      fields |= MPRV | TW;
    }
    if (hasS) {
      fields |= (SUPERVISOR_FIELDS & ~FS) | fs | TVM | TSR;
    } else {
      fields |= fs;
    }
    if (hasH) {
      fields |= GVA | MPV;
    }
    long fixed = (hasU ? UXL_64 : 0) | (hasS ? SXL_64 : 0);
    mstatus = new MachineStatus(fields, fixed | (hasU ? 0 : MPP));
    sstatus = new SupervisorStatus(fields & SUPERVISOR_FIELDS);
    vsstatus = new StoredStatus(fields & SUPERVISOR_FIELDS, UXL_64);
    hstatus = new StoredStatus(HYPERVISOR_FIELDS, VSXL_64);
  }

  /** A status register that summarizes FS in SD, for registers that have them. */
  private class StoredStatus extends CsrRegister {
    StoredStatus(long writable, long reset) {
      super(writable, reset);
    }

    @Override
    long read() {
      return (writable & FS) != 0 && (value & FS) == FS ? value | SD : value;
    }

    @Override
    void write(long written) {
      super.write(written);
      sync();
    }
  }

  private final class MachineStatus extends StoredStatus {
    MachineStatus(long writable, long reset) {
      super(writable, reset);
    }

    @Override
    void write(long written) {
      long legal = written;
      if (!isLegalMpp((int) ((written & MPP) >>> MPP_SHIFT))) {
        legal = (written & ~MPP) | (value & MPP);
      }
      super.write(legal);
    }
  }

  /** The restricted view of mstatus. */
  private final class SupervisorStatus extends CsrRegister {
    SupervisorStatus(long writable) {
      super(writable);
    }

    @Override
    long read() {
      return mstatus.read() & (writable | UXL_64 | SD);
    }

    @Override
    void write(long written) {
      mstatus.value = (mstatus.value & ~writable) | (written & writable);
      sync();
    }
  }

  private boolean isLegalMpp(int mode) {
    return switch (mode) {
      case Privilege.U -> hasU;
      case Privilege.S -> hasS;
      default -> mode == Privilege.M;
    };
  }

  /** The least privileged mode there is, which xRET leaves in xPP. */
  int leastPrivilege() {
    return hasU ? Privilege.U : Privilege.M;
  }

  int mpp() {
    return (int) ((mstatus.value & MPP) >>> MPP_SHIFT);
  }

  boolean mstatusHas(long bit) {
    return (mstatus.value & bit) != 0;
  }

  boolean hstatusHas(long bit) {
    return (hstatus.value & bit) != 0;
  }

  boolean vsstatusHas(long bit) {
    return (vsstatus.value & bit) != 0;
  }

  /** Changes the current mode, after the status registers have been changed for it. */
  void enter(int privilege, boolean virtual) {
    TranslationState now = state.translation;
    if (now.privilege != privilege || now.virtual != virtual) {
      now.privilege = privilege;
      now.virtual = virtual;
      seenByMmu = -1;
    }
    sync();
  }

  /** Copies what others need to know, and tells the MMU if its part has changed. */
  void sync() {
    long m = mstatus.value;
    long v = vsstatus.value;
    TranslationState now = state.translation;
    state.fpReady = (m & FS) == FS && (!now.virtual || (v & FS) == FS);
    long mprv = (m & MPRV) != 0 ? m & (MPRV | MPP | MPV) : 0;
    long seen = mprv | (m & (SUM | MXR)) | ((v & (SUM | MXR)) << 32) | (hstatus.value & H_SPVP);
    now.mpp = mpp();
    now.mpv = (m & MPV) != 0;
    if (seen != seenByMmu) {
      seenByMmu = seen;
      now.mprv = mprv != 0;
      now.sum = (m & SUM) != 0;
      now.mxr = (m & MXR) != 0;
      now.vsSum = (v & SUM) != 0;
      now.vsMxr = (v & MXR) != 0;
      now.spvp = (hstatus.value & H_SPVP) != 0;
      state.context.contextChanged();
    }
  }

  /** Whether FS allows floating-point state to be used in the current mode. */
  boolean floatOff() {
    return (mstatus.value & FS) == 0 || (state.translation.virtual && (vsstatus.value & FS) == 0);
  }

  /**
   * Called before a floating-point instruction when {@link HartState#fpReady} is false: raises an
   * illegal instruction if FS is Off (never a virtual instruction: "Trap Cause Codes" of the
   * hypervisor chapter), else marks the state Dirty at every level in effect.
   */
  void enableFp() {
    if (floatOff()) {
      throw state.illegalInstruction();
    }
    mstatus.value |= FS;
    if (state.translation.virtual) {
      vsstatus.value |= FS;
    }
    state.fpReady = true;
  }
}
