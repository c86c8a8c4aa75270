package dev.quire.monitor.explain;

import dev.quire.machine.board.UserError;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Explains the memory of one VM, while its vCPUs are between two instructions: in an action of
 * {@link VirtualMachine#atInstruction}, of its clock, or before and after its run.
 */
public final class MemoryExplainer {
  private final VirtualMachine vm;
  private final PhysicalMemory machine;
  private final GuestMemory memory;

  public MemoryExplainer(VirtualMachine vm) {
    this.vm = vm;
    this.machine = vm.machineMemory();
    this.memory = vm.memory();
  }

  /**
   * What the MMU would do for a load by vCPU {@code cpu}, from its kernel or its user mode. A
   * {@link UserError} if there is no such vCPU.
   */
  public WalkExplanation walk(int cpu, long gva) {
    return walk(cpu, gva, Access.LOAD);
  }

  /** The same for any access. */
  public WalkExplanation walk(int cpu, long gva, Access access) {
    synchronized (memory) {
      MmuRegisters registers = MmuRegisters.of(hart(cpu).csrs(), !isNative());
      MmuWalk walk = mmuWalk(registers, access);
      Outcome outcome = walk.translate(gva);
      return new WalkExplanation(
          cpu,
          gva,
          access,
          vm.choice().word(),
          tables(registers),
          walk.references(),
          outcome,
          others(registers, outcome, gva, access),
          then(outcome),
          null);
    }
  }

  private Hart hart(int cpu) {
    if (cpu < 0 || cpu >= vm.vcpus().size()) {
      throw UserError.of("There is no CPU %d: 0 to %d.", cpu, vm.vcpus().size() - 1);
    }
    return vm.vcpus().get(cpu).hart();
  }

  private boolean isNative() {
    return vm.choice() == PagingChoice.NATIVE;
  }

  private MmuWalk mmuWalk(MmuRegisters registers, Access access) {
    return new MmuWalk(TableReader.of(machine), registers, role(), gives(), access);
  }

  /** What the table in vsatp, or satp, is. */
  private TableRole role() {
    return isNative() ? TableRole.NATIVE : TableRole.V2P;
  }

  /** What that table's entries hold. */
  private AddressKind gives() {
    return isNative() ? AddressKind.HPA : AddressKind.GPA;
  }

  /** What else may be done there by whom the page belongs to. */
  private Map<Access, Outcome> others(
      MmuRegisters registers, Outcome outcome, long gva, Access access) {
    Map<Access, Outcome> others = new LinkedHashMap<>();
    if (outcome instanceof Translated translated) {
      for (Access other : Access.values()) {
        if (other != access) {
          others.put(other, mmuWalk(registers.by(translated.user()), other).translate(gva));
        }
      }
    }
    return others;
  }

  private String tables(MmuRegisters registers) {
    String first = format(role(), gives(), registers.atp(), "");
    return registers.hgatp() == 0
        ? first
        : first + " on " + format(TableRole.P2M, AddressKind.HPA, registers.hgatp(), "x4");
  }

  private static String format(TableRole role, AddressKind kind, long atp, String suffix) {
    return Space.levels(atp) == 0
        ? role.word() + " off (Bare)"
        : "%s %s%s, root at %s"
            .formatted(role.word(), MmuRegisters.format(atp), suffix, kind.of(Space.root(atp)));
  }

  private String then(Outcome outcome) {
    if (!(outcome instanceof Fault fault)) {
      return "";
    }
    if (isNative()) {
      return "The kernel takes this fault.";
    }
    if (fault.table() != TableRole.P2M) {
      return "The guest's kernel takes this fault; the monitor hears nothing of it.";
    }
    return memory.contains(fault.address(), 1)
        ? "The monitor takes this fault: the guest touches this page for the first time, so it gets"
            + " a frame, and the P2M an entry."
        : "The monitor takes this fault: no RAM is there, so it is a device's, or an access fault"
            + " for the guest.";
  }
}
