package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.TranslationState;

/**
 * Whether the current mode may execute the system instructions other than CSR accesses and xRET.
 * Each check returns or raises an illegal or virtual instruction ("Trap Cause Codes" of the
 * hypervisor chapter lists the cases of the latter).
 */
public final class PrivilegeChecks {
  private final HartState state;
  private final Status status;
  private final Environment environment;
  private final TranslationState now;
  private final boolean hasS;
  private final boolean hasH;

  public PrivilegeChecks(HartState state, Csrs csrs) {
    this.state = state;
    this.status = csrs.status;
    this.environment = csrs.environment;
    this.now = state.translation;
    this.hasS = state.isa.has(Extension.S);
    this.hasH = state.isa.has(Extension.H);
  }

  /** The exception that ECALL raises in the current mode. */
  public int ecallCause() {
    return switch (now.privilege) {
      case Privilege.U -> Cause.ECALL_U;
      case Privilege.S -> now.virtual ? Cause.ECALL_VS : Cause.ECALL_S;
      default -> Cause.ECALL_M;
    };
  }

  /** WFI, which under TW, VTW and in user modes traps without waiting. */
  public void checkWfi() {
    if (now.privilege == Privilege.M) {
      return;
    }
    boolean user = now.privilege == Privilege.U;
    if (status.mstatusHas(Status.TW) || (user && hasS && !now.virtual)) {
      throw state.illegalInstruction();
    }
    if (now.virtual && (user || status.hstatusHas(Status.H_VTW))) {
      throw state.virtualInstruction();
    }
  }

  /** SFENCE.VMA and SINVAL.VMA. */
  public void checkSfence() {
    checkSfenceOrder();
    if (now.privilege == Privilege.S) {
      if (!now.virtual && status.mstatusHas(Status.TVM)) {
        throw state.illegalInstruction();
      }
      if (now.virtual && status.hstatusHas(Status.H_VTVM)) {
        throw state.virtualInstruction();
      }
    }
  }

  /** SFENCE.W.INVAL and SFENCE.INVAL.IR, which TVM and VTVM do not trap. */
  public void checkSfenceOrder() {
    if (!hasS) {
      throw state.illegalInstruction();
    }
    if (now.privilege == Privilege.U) {
      throw now.virtual ? state.virtualInstruction() : state.illegalInstruction();
    }
  }

  /** HFENCE.VVMA and HINVAL.VVMA, or with {@code gvma} the GVMA ones. */
  public void checkHfence(boolean gvma) {
    checkHypervisorInstruction();
    boolean trapped = gvma && now.privilege == Privilege.S && status.mstatusHas(Status.TVM);
    if (now.privilege == Privilege.U || trapped) {
      throw state.illegalInstruction();
    }
  }

  /** HLV, HLVX and HSV. */
  public void checkHlv() {
    checkHypervisorInstruction();
    if (now.privilege == Privilege.U && !status.hstatusHas(Status.H_HU)) {
      throw state.illegalInstruction();
    }
  }

  private void checkHypervisorInstruction() {
    if (!hasH) {
      throw state.illegalInstruction();
    }
    if (now.virtual) {
      throw state.virtualInstruction();
    }
  }

  public void checkCboInval() {
    environment.checkCacheBlock(Environment.CBIE);
  }

  /** CBO.CLEAN and CBO.FLUSH. */
  public void checkCboClean() {
    environment.checkCacheBlock(Environment.CBCFE);
  }

  public void checkCboZero() {
    environment.checkCacheBlock(Environment.CBZE);
  }
}
