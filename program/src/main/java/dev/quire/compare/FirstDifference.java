package dev.quire.compare;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.mmu.AccessType;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.GuestWalk;
import dev.quire.monitor.vcpu.GuestCpu;
import dev.quire.monitor.vcpu.GuestState;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the first instruction after which the states of two guests differ. Each is run to its end
 * with a digest of its state kept every {@link #INTERVAL} instructions and at the end; then both
 * are run again to the first interval whose ends differ, and through it with every state kept.
 */
public final class FirstDifference {
  private static final int INTERVAL = 1 << 14;

  /** Where the instruction's bits cannot be read. */
  private static final long UNKNOWN = -1;

  private final VmConfig first;
  private final String command;
  private final Digests digests;

  /** What a run left: its digests, and how many instructions it completed. */
  private record Digests(List<Long> list, long end) {}

  /**
   * A state between two instructions.
   *
   * @param next the bits of the instruction at its pc, or {@link #UNKNOWN}
   */
  private record Step(GuestState state, long next) {}

  /** Runs the guest with which others are to be compared, for one command. */
  public FirstDifference(VmConfig first, String command) {
    this.first = first;
    this.command = command;
    this.digests = digests(first, List.of());
  }

  /** Where {@code other} does something else than the first guest. */
  public Difference find(VmConfig other) {
    Digests others = digests(other, digests.list);
    int common = Math.min(digests.list.size(), others.list.size());
    int differs = 0;
    while (differs < common && digests.list.get(differs).equals(others.list.get(differs))) {
      differs++;
    }
    if (differs == common && digests.end == others.end) {
      return new Difference(digests.end, null);
    }
    long from = Math.max(0, differs - 1L) * INTERVAL;
    return compare(from, steps(first, from), steps(other, from));
  }

  private static Difference compare(long from, List<Step> a, List<Step> b) {
    int at = 0;
    while (at < a.size() && at < b.size() && a.get(at).state().equals(b.get(at).state())) {
      at++;
    }
    Step before = a.get(Math.max(0, at - 1));
    if (at == a.size() && at == b.size()) {
      return new Difference(from + at - 1, null);
    }
    GuestState one = at < a.size() ? a.get(at).state() : null;
    GuestState two = at < b.size() ? b.get(at).state() : null;
    return new Difference(
        from + Math.max(0, at - 1),
        new Difference.Place(before.state().pc(), before.next(), one, two));
  }

  /** Stops as soon as the digests are not those of {@code expected}, as far as that has any. */
  private Digests digests(VmConfig config, List<Long> expected) {
    List<Long> list = new ArrayList<>();
    VirtualMachine ended =
        run(
            config,
            0,
            INTERVAL,
            vm -> {
              list.add(digest(vm));
              int last = list.size() - 1;
              return last >= expected.size() || expected.get(last).equals(list.get(last));
            });
    list.add(digest(ended));
    return new Digests(list, ended.instructions());
  }

  private static long digest(VirtualMachine vm) {
    return GuestState.of(vm.vcpus().getFirst()).digest();
  }

  /** The states after {@code from}, {@code from + 1} ... instructions, to an interval's end. */
  private List<Step> steps(VmConfig config, long from) {
    List<Step> steps = new ArrayList<>();
    var _ =
        run(
            config,
            from,
            1,
            vm -> {
              GuestCpu cpu = vm.vcpus().getFirst();
              GuestState state = GuestState.of(cpu);
              steps.add(new Step(state, instruction(vm, cpu.satp(), state)));
              return steps.size() <= INTERVAL;
            });
    return steps;
  }

  /** What is to happen at a stop; whether the guest is to go on. */
  @FunctionalInterface
  private interface Look {
    boolean at(VirtualMachine vm);
  }

  /** Runs a guest with stops at from, from + step ...; it has ended then. */
  private VirtualMachine run(VmConfig config, long from, long step, Look look) {
    GuestConsole console = GuestConsole.kept(false);
    try (GuestRun run = new GuestRun(config, console, command, (bytes, offset, length) -> {})) {
      VirtualMachine vm = run.vm();
      new Stops(vm, step, look).next(from);
      try {
        run.exec();
      } catch (UserError stopped) {
        // By us, or because the guest died: how far it came is what matters.
      }
      return vm;
    }
  }

  private record Stops(VirtualMachine vm, long step, Look look) {
    void next(long count) {
      vm.atInstruction(
          count,
          () -> {
            if (look.at(vm)) {
              next(count + step);
            } else {
              vm.stop(0);
            }
          });
    }
  }

  /** The bits of the instruction at the state's pc. */
  private static long instruction(VirtualMachine vm, long satp, GuestState state) {
    GuestWalk walk = new GuestWalk(vm.memory(), false);
    try {
      long low = half(vm, walk, satp, state, 0);
      return (low & 3) == 3 && low >= 0 ? half(vm, walk, satp, state, 2) << 16 | low : low;
    } catch (DmaFault outside) {
      return UNKNOWN;
    }
  }

  private static long half(
      VirtualMachine vm, GuestWalk walk, long satp, GuestState state, int offset) throws DmaFault {
    int mode = GuestWalk.mode(state.user(), false, false);
    if (walk.walk(satp, state.pc() + offset, AccessType.FETCH, mode) != GuestWalk.OK) {
      return UNKNOWN;
    }
    return vm.memory().readShort(walk.gpa) & 0xffff;
  }
}
