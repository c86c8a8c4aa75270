package dev.quire.monitor.manager;

import dev.quire.machine.board.MachineClock;
import dev.quire.monitor.Machine;
import dev.quire.monitor.manager.MemoryEvent.Kind;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ReclaimState;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sharing.ScanCounters;
import dev.quire.monitor.sharing.Sharing;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gives a machine's memory to its VMs: decides each period by a policy what each may hold, and
 * takes what is too much by balloon, by swap, and when nothing else helps by letting VMs stand
 * still.
 *
 * <p>All methods are for the thread of the machine's clock.
 */
public final class MemoryManager {
  /** Machine time between two steps. */
  public static final long STEP_NANOS = 100_000_000;

  /** Guests are asked for their numbers so long before a decision. */
  private static final long ASKED_NANOS = 2 * STEP_NANOS;

  private static final long MIB = 1 << 20;

  /** Pages that are taken from one VM in one step, at most: it stands still for that long. */
  private static final int MOST_EVICTED = 1024;

  /** A better state is worth a sentence when it has lasted so long. */
  private static final long LASTING_NANOS = 1_000_000_000;

  /**
   * What memory management is to do.
   *
   * @param periodNanos machine time from one decision to the next
   * @param sharing which equal pages become one, and how they are found
   */
  public record Settings(Policy policy, long periodNanos, Means means, Sharing sharing) {}

  private final Machine machine;
  private final MachineClock clock;
  private final Settings settings;
  private final Consumer<MemoryEvent> events;
  private final BiConsumer<Snapshot, List<Target>> decided;
  private final PageScan scan;
  private final List<ManagedVm> vms = new ArrayList<>();
  private ReclaimState state = ReclaimState.HIGH;

  /** The state that was told last, and when it was that bad last. */
  private ReclaimState toldState = ReclaimState.HIGH;

  private long asBadAsTold;
  private long nextDecision;

  /** Whether it was told that VMs wait for frames. */
  private boolean usedUp;

  /**
   * @param events is told of everything that people might want to know
   * @param decided is given each decision: what the policy saw, and its targets
   */
  public MemoryManager(
      Machine machine,
      MachineClock clock,
      Settings settings,
      Consumer<MemoryEvent> events,
      BiConsumer<Snapshot, List<Target>> decided) {
    this.machine = machine;
    this.clock = clock;
    this.settings = settings;
    this.events = events;
    this.decided = decided;
    this.scan = new PageScan(machine, clock, settings.sharing());
  }

  /** Takes its first step now. */
  public void begin() {
    scan.begin();
    step();
  }

  /** Manages one more VM, which has just been made. */
  public void add(ManagedVm vm) {
    vms.add(vm);
    scan.add(vm.vm());
    nextDecision = clock.now();
  }

  /** Forgets a VM, which has ended and gives its memory back. */
  public void remove(ManagedVm vm) {
    vms.remove(vm);
    scan.remove(vm.vm());
  }

  /** What came of looking for equal pages, so far. */
  public ScanCounters scanned() {
    return scan.counters();
  }

  /** How short of free memory the machine is. */
  public ReclaimState state() {
    return state;
  }

  /**
   * By how many bytes the machine is too small for one more VM, 0 if it is not: the min of each and
   * what its tables take must fit beside what is kept back.
   *
   * @param overhead see {@link Machine#overhead}
   */
  public long missingFor(long min, long overhead) {
    long used = min + overhead + machine.frames().reserve() * Policy.PAGE;
    for (ManagedVm vm : vms) {
      used += vm.limits().min() + vm.vm().overhead();
    }
    return Math.max(0, used - machine.memory().size());
  }

  /** Bytes that are free for guests. */
  public long free() {
    FrameTable frames = machine.frames();
    return (frames.count(FrameTable.Use.FREE) - frames.reserve()) * Policy.PAGE;
  }

  // ---- snapshots ---------------------------------------------------------------------------

  /** One moment of the machine, in which everything adds up. */
  public Snapshot snapshot() {
    return snapshot(false);
  }

  private Snapshot snapshot(boolean decides) {
    vms.forEach(ManagedVm::hear);
    return whileNothingMoves(
        0,
        () -> {
          List<VmSnapshot> shots = new ArrayList<>();
          for (ManagedVm vm : vms) {
            shots.add(vm.snapshot(decides));
          }
          long shared = shots.stream().mapToLong(VmSnapshot::shared).sum();
          return new Snapshot(clock.now(), machineSnapshot(shared), shots);
        });
  }

  /**
   * Holds the paging locks of all VMs from {@code first} on, so that no page changes its state. A
   * device's lock comes before these, so that none may be taken here.
   */
  private <T> T whileNothingMoves(int first, Supplier<T> action) {
    if (first == vms.size()) {
      return action.get();
    }
    synchronized (vms.get(first).vm().memory()) {
      return whileNothingMoves(first + 1, action);
    }
  }

  /** {@code shared} is the size of all pages on shared frames. */
  private MachineSnapshot machineSnapshot(long shared) {
    FrameTable frames = machine.frames();
    FrameTable.Counts counts = frames.counts();
    return new MachineSnapshot(
        frames.total() * Policy.PAGE,
        counts.free() * Policy.PAGE,
        counts.guest() * Policy.PAGE,
        counts.tables() * Policy.PAGE,
        counts.cache() * Policy.PAGE,
        counts.reserve() * Policy.PAGE,
        shared - counts.shared() * Policy.PAGE,
        state);
  }

  // ---- steps -------------------------------------------------------------------------------

  private void step() {
    ReclaimState before = state;
    state = ReclaimState.next(state, free(), machine.memory().size());
    tellState();
    if (clock.now() >= nextDecision || state.compareTo(before) > 0) {
      decide();
    }
    for (ManagedVm vm : vms) {
      steer(vm);
    }
    if (settings.means().swap() && state.compareTo(ReclaimState.HARD) >= 0) {
      swapOut();
    }
    holdOrLetGo();
    watchThoseWithoutFrames();
    if (clock.now() + ASKED_NANOS >= nextDecision) {
      vms.forEach(vm -> vm.balloon().requestStatistics());
    }
    for (ManagedVm vm : vms) {
      tellMove(vm);
      vm.remember();
    }
    clock.schedule(STEP_NANOS, this::step);
  }

  private void decide() {
    nextDecision = clock.now() + settings.periodNanos();
    Snapshot snapshot = snapshot(true);
    List<Target> targets = settings.policy().decide(snapshot);
    for (int i = 0; i < vms.size(); i++) {
      vms.get(i).decide(targets.get(i));
    }
    decided.accept(snapshot, targets);
  }

  /**
   * Whether targets are enforced now, and not only each VM's max: always where nothing but a
   * balloon can take memory back.
   */
  private boolean reclaims() {
    return state != ReclaimState.HIGH || settings.policy().isStrict() || !settings.means().swap();
  }

  /**
   * A cache fills with whatever its guest evicts, however much memory there is; so its VM's target
   * holds for it always, and guests with proxy memory keep to M0 always.
   */
  private void steer(ManagedVm vm) {
    vm.limitCache();
    if (vm.standsStill()) {
      vm.balloon().excuse(clock.now());
    }
    String blame = vm.balloon().watch(clock.now(), vm.vm().memory().traffic());
    if (blame != null) {
      String then = settings.means().swap() ? ": its pages are swapped instead." : ".";
      tell(vm, Kind.BALLOON, vm.name() + " " + blame + then);
    }
    long most = reclaims() ? vm.targetBytes() : vm.limits().max();
    long over = vm.over(most);
    long guest = vm.guestBytes();
    if (settings.means().balloon() && !vm.hasFixedBalloon()) {
      boolean limits = !settings.means().swap() || settings.policy().isStrict() || vm.hasProxy();
      long couldHold = vm.vm().memory().size() - vm.balloon().asked();
      long mayHold = vm.hasProxy() ? guest : most;
      vm.balloon().steer(guest, limits ? Math.max(0, couldHold - mayHold) : over);
    }
    boolean helpless = !settings.means().balloon() || vm.balloon().isExhausted(guest);
    if (settings.means().swap() && over > 0 && helpless) {
      int _ = vm.evict((int) Math.min(over / Policy.PAGE, MOST_EVICTED));
    }
  }

  /** Until so much is free that the state is better: from those over their target, by how much. */
  private void swapOut() {
    long wanted = ReclaimState.SOFT.freeBytes(machine.memory().size()) - free();
    long over = 0;
    for (ManagedVm vm : vms) {
      over += vm.over(vm.targetBytes());
    }
    for (ManagedVm vm : vms) {
      long its = vm.over(vm.targetBytes());
      long part = over == 0 ? 0 : (long) ((double) wanted * its / over);
      int pages = (int) Math.min(Math.min(part, its) / Policy.PAGE, MOST_EVICTED);
      if (pages > 0) {
        int _ = vm.evict(pages);
      }
    }
  }

  /** Under LOW, VMs over their target stand still; unless they could do something about it. */
  private void holdOrLetGo() {
    for (ManagedVm vm : vms) {
      boolean over = vm.over(vm.targetBytes()) > 0;
      boolean useless = canSwap() || vm.balloon().isExhausted(vm.guestBytes());
      vm.hold(state == ReclaimState.LOW && over && useless);
      String sentence = vm.stillness().follow(clock.now(), vm.isHeld());
      if (!sentence.isEmpty()) {
        tell(vm, Kind.HOLD, vm.name() + sentence);
      }
    }
  }

  private void watchThoseWithoutFrames() {
    if (!machine.frames().isShort()) {
      vms.forEach(vm -> vm.vm().vcpus().forEach(GuestCpu::framesCame));
    }
    List<String> waiting = new ArrayList<>();
    for (ManagedVm vm : vms) {
      boolean waits = vm.vm().vcpus().stream().anyMatch(GuestCpu::waitsForFrames);
      if (waits || vm.isHeld() && !canSwap()) {
        waiting.add(vm.name());
      }
    }
    if (state != ReclaimState.LOW) {
      usedUp = false;
    } else if (!waiting.isEmpty() && !usedUp) {
      usedUp = true;
      String text =
          "The machine's memory is used up and %s: %s wait until frames are free."
              .formatted(whyNotSwapped(), String.join(", ", waiting));
      events.accept(new MemoryEvent(clock.now(), "", Kind.SWAP, text));
    }
  }

  /** Whether pages can go to the swap file, as far as the last attempt tells. */
  private boolean canSwap() {
    SwapFile swap = machine.swap();
    return settings.means().swap() && swap != null && swap.failure() == null;
  }

  private String whyNotSwapped() {
    SwapFile swap = machine.swap();
    if (swap == null) {
      return "pages are not swapped";
    }
    return swap.failure() == null ? "no page can be swapped now" : swap.failure();
  }

  // ---- events ------------------------------------------------------------------------------

  private void tell(ManagedVm vm, Kind kind, String text) {
    events.accept(new MemoryEvent(clock.now(), vm.name(), kind, text));
  }

  /** At once if it became worse than was told, and if it is better, once that has lasted. */
  private void tellState() {
    if (state.compareTo(toldState) >= 0) {
      asBadAsTold = clock.now();
    }
    boolean better = clock.now() - asBadAsTold > LASTING_NANOS;
    if (better || state.compareTo(toldState) > 0) {
      toldState = state;
      asBadAsTold = clock.now();
      describeState();
    }
  }

  private void describeState() {
    String what =
        switch (state) {
          case HIGH -> "enough: nothing is taken back";
          case SOFT -> "balloons take from those over their target";
          case HARD -> "pages are swapped, too";
          case LOW -> "those over their target stand still until more is free";
        };
    String text =
        String.format(
            Locale.ROOT,
            "%s: %.1f of %d MiB are free (%.1f %%): %s.",
            state.name().toLowerCase(Locale.ROOT),
            (double) free() / MIB,
            machine.memory().size() / MIB,
            100.0 * free() / machine.memory().size(),
            what);
    events.accept(new MemoryEvent(clock.now(), "", Kind.STATE, text));
  }

  private void tellMove(ManagedVm from) {
    Target target = from.target();
    Move.Taken taken =
        from.move()
            .follow(
                clock.now(),
                from.vm().memory().traffic(),
                from.dropped(),
                target == null ? "" : target.brief());
    if (taken.bytes() == 0) {
      return;
    }
    String text =
        "took %d MiB from %s (%s)%s%s%s."
            .formatted(
                taken.bytes() / MIB,
                from.name(),
                means(taken),
                taken.why().isEmpty() ? "" : ": ",
                taken.why(),
                receiver(from, taken));
    tell(from, Kind.MOVE, text);
  }

  private static String means(Move.Taken taken) {
    List<String> ways = new ArrayList<>();
    taken.ways().forEach((way, pages) -> ways.add(pages * Policy.PAGE / MIB + " " + way));
    return ways.size() == 1 ? taken.ways().firstKey() : String.join(", ", ways);
  }

  private String receiver(ManagedVm from, Move.Taken taken) {
    int steps = (int) ((clock.now() - taken.begun()) / STEP_NANOS) + 1;
    ManagedVm most = null;
    for (ManagedVm vm : vms) {
      if (vm != from && (most == null || vm.grown(steps) > most.grown(steps))) {
        most = vm;
      }
    }
    return most == null || most.grown(steps) < MIB ? "" : "; gave it to " + most.name();
  }
}
