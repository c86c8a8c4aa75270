package dev.quire.monitor.explain;

import dev.quire.machine.board.UserError;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.explain.WalkExplanation.GuestView;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Explains the memory of one VM, while its vCPUs are between two instructions: in an action of
 * {@link VirtualMachine#atInstruction}, in {@link VirtualMachine#whileStopped}, or before and after
 * its run.
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

  // ---- one translation ---------------------------------------------------------------------

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
      MmuRegisters registers = registers(cpu);
      MmuWalk walk = mmuWalk(registers, access);
      Outcome outcome = walk.translate(gva);
      GuestView guest = isTrapped() ? guestView(cpu, registers, gva, access) : null;
      List<Reference> references =
          guest == null ? walk.references() : owned(walk.references(), guest.references());
      TableRole last = references.isEmpty() ? walked() : references.getLast().table();
      return new WalkExplanation(
          cpu,
          gva,
          access,
          vm.choice().word(),
          tables(registers),
          references,
          by(last, outcome),
          others(registers, outcome, gva, access, last),
          outcome instanceof Fault fault ? then(fault, guest) : "",
          guest);
    }
  }

  private MmuWalk mmuWalk(MmuRegisters registers, Access access) {
    return new MmuWalk(TableReader.of(machine), registers, walked(), walkedGives(), access);
  }

  /** What else may be done there by whom the page belongs to. */
  private Map<Access, Outcome> others(
      MmuRegisters registers, Outcome outcome, long gva, Access access, TableRole last) {
    Map<Access, Outcome> others = new LinkedHashMap<>();
    if (outcome instanceof Translated translated) {
      for (Access other : Access.values()) {
        if (other != access) {
          MmuWalk walk = mmuWalk(registers.by(translated.user()), other);
          others.put(other, by(last, walk.translate(gva)));
        }
      }
    }
    return others;
  }

  /** A fault of the hooked table, said to be that of the table whose entry was read last. */
  private static Outcome by(TableRole last, Outcome outcome) {
    return outcome instanceof Fault f && f.table() == TableRole.HOOKED
        ? new Fault(f.cause(), f.name(), last, f.level(), f.address(), f.why())
        : outcome;
  }

  private GuestView guestView(int cpu, MmuRegisters registers, long gva, Access access) {
    MmuWalk walk =
        new MmuWalk(
            TableReader.of(memory),
            registers.ofGuest(vm.vcpus().get(cpu).satp()),
            TableRole.V2P,
            AddressKind.GPA,
            access);
    Outcome outcome = walk.translate(gva);
    long hpa =
        outcome instanceof Translated t && memory.contains(t.gpa(), 1)
            ? TableReader.hpaOf(memory, t.gpa())
            : Reference.NONE;
    return new GuestView(walk.references(), outcome, hpa);
  }

  /** Tells the guest's pages among those that the MMU walks from the monitor's. */
  private List<Reference> owned(List<Reference> walked, List<Reference> guests) {
    Map<Long, Long> gpas = new HashMap<>();
    guests.forEach(guest -> gpas.put(guest.hpa(), guest.gpa()));
    List<Reference> owned = new ArrayList<>();
    for (Reference r : walked) {
      boolean guest = vm.frames().use(r.hpa() >>> PhysicalMemory.FRAME_SHIFT) != Use.TABLE;
      TableRole role = guest ? r.table() : TableRole.V2M;
      owned.add(r.of(role, guest ? gpas.getOrDefault(r.hpa(), Reference.NONE) : Reference.NONE));
    }
    return owned;
  }

  private String then(Fault fault, @Nullable GuestView guest) {
    if (walked() == TableRole.NATIVE) {
      return "The kernel takes this fault.";
    }
    if (guest != null) {
      return guest.outcome() instanceof Translated t
          ? "The monitor takes this fault. " + trapped(t.gpa())
          : "The monitor takes this fault, and passes on what the guest's own table says.";
    }
    if (fault.table() == TableRole.V2P) {
      return "The guest's kernel takes this fault; the monitor hears nothing of it.";
    }
    return memory.contains(fault.address(), 1)
        ? "The monitor takes this fault: the guest touches this page for the first time, so it"
            + " gets a frame, and the P2M an entry."
        : "The monitor takes this fault: no RAM is there, so it is a device's, or an access fault"
            + " for the guest.";
  }

  private String trapped(long gpa) {
    if (!memory.contains(gpa, 1)) {
      return "No RAM is there: it is a device's, or an access fault for the guest.";
    }
    return memory.kept(gpa >>> PhysicalMemory.FRAME_SHIFT) == 0
        ? "The guest's own table allows the access: the monitor fills the entry in, and the guest"
            + " tries again."
        : "A page table of the guest's is there: the monitor performs the access itself.";
  }

  // ---- which tables there are --------------------------------------------------------------

  /** Whether the monitor has the guest's page faults, and the MMU one table from gva to hpa. */
  private boolean isTrapped() {
    return walked() == TableRole.V2M || walked() == TableRole.HOOKED;
  }

  /** The table in vsatp, or satp. */
  private TableRole walked() {
    return switch (vm.choice()) {
      case NATIVE -> TableRole.NATIVE;
      case NESTED -> TableRole.V2P;
      case SHADOW_EAGER, SHADOW_UNSYNC, SHADOW_LAZY -> TableRole.V2M;
      case PROTECTED -> TableRole.HOOKED;
    };
  }

  /** What that table's entries hold. */
  private AddressKind walkedGives() {
    return walked() == TableRole.V2P ? AddressKind.GPA : AddressKind.HPA;
  }

  private String tables(MmuRegisters registers) {
    String first = format(walked(), walkedGives(), registers.atp());
    return walked() == TableRole.V2P ? first + " on " + formatOfP2m(registers) : first;
  }

  private static String formatOfP2m(MmuRegisters registers) {
    return format(TableRole.P2M, AddressKind.HPA, registers.hgatp());
  }

  private static String format(TableRole role, AddressKind kind, long atp) {
    if (Space.levels(atp) == 0) {
      return role.word() + " off (Bare)";
    }
    String suffix = role == TableRole.P2M ? "x4" : "";
    String root = kind.of(Space.root(atp));
    return "%s %s%s, root at %s".formatted(role.word(), MmuRegisters.format(atp), suffix, root);
  }

  private MmuRegisters registers(int cpu) {
    if (cpu < 0 || cpu >= vm.vcpus().size()) {
      throw UserError.of("There is no CPU %d: 0 to %d.", cpu, vm.vcpus().size() - 1);
    }
    Hart hart = vm.vcpus().get(cpu).hart();
    return MmuRegisters.of(hart.csrs(), walked() != TableRole.NATIVE);
  }

  // ---- whole tables ------------------------------------------------------------------------

  /**
   * The tables that vCPU {@code cpu} uses; a {@link UserError} if there is no such vCPU.
   *
   * @param limit how many ranges of each table are shown in the text, at least 1
   */
  public TableReport tables(int cpu, int limit) {
    synchronized (memory) {
      MmuRegisters registers = registers(cpu);
      TableReader machineTables = TableReader.of(machine);
      TableScan walked = new TableScan(machineTables, walked(), registers.atp(), registers.pbmt());
      List<TableTree> trees = new ArrayList<>();
      long split = 0;
      switch (walked()) {
        case NATIVE -> trees.add(walkedTree(walked, registers));
        case V2P -> {
          trees.add(guestTree(cpu, registers));
          TableScan p2m =
              new TableScan(machineTables, TableRole.P2M, registers.hgatp(), registers.gPbmt());
          trees.add(p2m.tree(formatOfP2m(registers), AddressKind.GPA, AddressKind.HPA));
          split = split(trees.getFirst(), MappedRange::to, p2m);
        }
        default -> {
          trees.add(guestTree(cpu, registers));
          trees.add(TableScan.p2m(memory));
          trees.add(walkedTree(walked, registers));
          split = split(trees.getFirst(), MappedRange::from, walked);
        }
      }
      return new TableReport(cpu, vm.choice().word(), trees, split, vm.pagingStatistics(), limit);
    }
  }

  private TableTree walkedTree(TableScan walked, MmuRegisters registers) {
    return walked.tree(tables(registers), AddressKind.GVA, AddressKind.HPA);
  }

  /** The guest's table as the guest reads it. */
  private TableTree guestTree(int cpu, MmuRegisters registers) {
    long satp = vm.vcpus().get(cpu).satp();
    return new TableScan(TableReader.of(memory), TableRole.V2P, satp, registers.pbmt())
        .tree(format(TableRole.V2P, AddressKind.GPA, satp), AddressKind.GVA, AddressKind.GPA);
  }

  /** Superpages of the guest's table that {@code walked} holds in pieces. */
  private static long split(
      TableTree guests, ToLongFunction<MappedRange> address, TableScan walked) {
    long split = 0;
    for (MappedRange range : guests.ranges()) {
      int level = (range.pageShift() - PteBits.shift(0)) / 9;
      long size = 1L << range.pageShift();
      for (long done = 0; level > 0 && done < range.length(); done += size) {
        split += walked.isSplit(address.applyAsLong(range) + done, level) ? 1 : 0;
      }
    }
    return split;
  }
}
