package dev.quire.host;

import dev.quire.machine.board.CountingMachineClock;
import dev.quire.machine.board.HostMachineClock;
import dev.quire.machine.board.MachineClock;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.Machine;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.manager.Means;
import dev.quire.monitor.manager.MemoryEvent;
import dev.quire.monitor.manager.MemoryManager;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.policy.Policies;
import dev.quire.monitor.policy.ReclaimState;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A host from its start to its end: one machine, its memory manager, and the guests of a {@link
 * HostConfig}. {@link #run} does everything on one thread, that of the machine's clock; whoever
 * else wants something uses {@link #call}. Used once.
 */
public final class HostSession implements AutoCloseable {
  /** Frames that guests' pages never get, for each hart; see FrameTable. */
  private static final int RESERVE_A_HART = 128;

  private static final int RESERVE = 256;

  /** Between two looks whether a guest that waits can start. */
  private static final long LOOK_NANOS = 500_000_000;

  /** What a guest starts from; {@code initrd} null for none. */
  public record Boot(GuestFile kernel, @Nullable GuestFile initrd) {}

  private final HostConfig config;
  private final MachineClock clock;
  private final Machine machine;
  private final MemoryManager manager;
  private final GuestMaker maker;
  private final HostEvents events = new HostEvents();
  private final List<HostedVm> vms = new CopyOnWriteArrayList<>();
  private final Map<String, ManagedVm> managed = new HashMap<>();

  /** By name: what happened to the pages of guests in all their starts that have ended. */
  private final Map<String, PageTraffic> past = new HashMap<>();

  private final Map<String, Limits> limits = new HashMap<>();

  /** By name: the number of a group of guests that may share pages. */
  private final Map<String, Integer> groups = new HashMap<>();

  private volatile Runnable guestsChanged = () -> {};
  private BiConsumer<Snapshot, List<Target>> recorder = (snapshot, targets) -> {};
  private final ReentrantLock running = new ReentrantLock();
  private boolean stopping;

  /**
   * A host that has not started. Throws a {@link UserError} if its guests do not fit.
   *
   * @param boots what each guest starts from
   */
  public HostSession(HostConfig config, Function<VmEntry, Boot> boots) {
    this.config = config;
    MachineConfig wanted = config.machine();
    ManagerConfig managing = config.manager();
    MemoryManager.Settings settings =
        new MemoryManager.Settings(
            Policies.named(managing.policy(), managing.tax(), managing.alpha()),
            managing.periodNanos(),
            new Means(true, managing.swap().on()),
            SharingConfig.seeded(config));
    clock =
        wanted.countsInstructions()
            ? new CountingMachineClock()
            : new HostMachineClock(wanted.harts());
    machine =
        Machine.forMany(
            wanted.memory(),
            RESERVE + RESERVE_A_HART * wanted.harts(),
            swapFile(managing.swap()),
            managing.swap().latencyNanos());
    manager = new MemoryManager(machine, clock, settings, this::tell, this::record);
    maker = new GuestMaker(machine, wanted.countsInstructions(), managing.sampling(), boots);
    for (VmEntry entry : config.vms()) {
      maker.boots(entry, entry);
      limits.put(entry.name(), new Limits(entry.min(), entry.max(), entry.shares()));
      vms.add(hosted(entry));
    }
    checkFit();
  }

  private HostedVm hosted(VmEntry entry) {
    return new HostedVm(entry, clock, managed(entry, maker.booting(entry)), this::changed);
  }

  private static @Nullable SwapFile swapFile(SwapConfig swap) {
    if (!swap.on()) {
      return null;
    }
    Path file = swap.file();
    return file == null
        ? SwapFile.in(Path.of(System.getProperty("java.io.tmpdir")))
        : SwapFile.at(file);
  }

  /** All guests that are to start at once must fit, whatever the others do. */
  private void checkFit() {
    long missing = 0;
    for (VmEntry entry : config.vms()) {
      if (!entry.waitsForMemory()) {
        missing += entry.min() + overhead(entry);
      }
    }
    missing = manager.missingFor(missing, 0);
    if (missing > 0) {
      machine.close();
      throw UserError.of(
          "The guests do not fit: their mins and what their tables take are %s more than the"
              + " machine's memory of %s. Lower some min, or let guests start \"as memory"
              + " allows\".",
          mib(missing), mib(machine.memory().size()));
    }
  }

  static long overhead(VmEntry entry) {
    return Machine.overhead(entry.memory(), entry.paging());
  }

  static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }

  /** Has {@code consumer} see each decision, and what the policy saw; before {@link #run}. */
  public void recordTo(BiConsumer<Snapshot, List<Target>> consumer) {
    recorder = consumer;
  }

  private void record(Snapshot snapshot, List<Target> targets) {
    recorder.accept(snapshot, targets);
  }

  // ---- what there is -------------------------------------------------------------------------

  public HostConfig config() {
    return config;
  }

  public MachineClock clock() {
    return clock;
  }

  public Machine machine() {
    return machine;
  }

  public MemoryManager manager() {
    return manager;
  }

  public HostEvents events() {
    return events;
  }

  /** All guests: those of the configuration in its order, then the others. Any thread. */
  public List<HostedVm> vms() {
    return List.copyOf(vms);
  }

  /** The guest of that name; a {@link UserError} that names those there are. */
  public HostedVm vm(String name) {
    for (HostedVm vm : vms) {
      if (vm.name().equals(name)) {
        return vm;
      }
    }
    throw UserError.of(
        "There is no guest %s: there are %s.",
        name, String.join(", ", vms.stream().map(HostedVm::name).toList()));
  }

  /** The guest as memory management knows it; null if it does not exist now. */
  public @Nullable ManagedVm managed(String name) {
    return managed.get(name);
  }

  /** What has happened to a guest's pages in all its starts together. */
  public PageTraffic traffic(String name) {
    PageTraffic before = past.getOrDefault(name, PageTraffic.NONE);
    ManagedVm now = managed.get(name);
    return now == null ? before : before.plus(now.vm().memory().traffic());
  }

  /** What a guest is entitled to, now or when it starts. */
  public Limits limits(String name) {
    return Objects.requireNonNull(limits.get(name));
  }

  /**
   * Changes what a guest is entitled to, of memory and of the harts, from now on and for later
   * starts. A {@link UserError} if that is not possible.
   */
  public void limit(HostedVm vm, Limits wanted) {
    var _ = wanted.check(vm.name(), vm.entry().memory());
    ManagedVm known = managed.get(vm.name());
    long more = wanted.min() - limits(vm.name()).min();
    long missing = known == null || more <= 0 ? 0 : manager.missingFor(more, 0);
    if (missing > 0) {
      throw UserError.of(
          "A min of %s for %s is %s more than is left beside the mins of the others.",
          mib(wanted.min()), vm.name(), mib(missing));
    }
    limits.put(vm.name(), wanted);
    vm.weigh(wanted.shares());
    if (known != null) {
      known.limit(wanted);
    }
  }

  // ---- guests begin and end ------------------------------------------------------------------

  /** What {@code factory} makes gets its part of the machine's memory. */
  private HostedVm.Factory managed(VmEntry entry, HostedVm.Factory factory) {
    return (power, computer, console, agent) -> {
      VirtualMachine made = factory.make(power, computer, console, agent);
      manage(entry, made);
      return made;
    };
  }

  private void manage(VmEntry entry, VirtualMachine vm) {
    vm.memory().join(groups.computeIfAbsent(entry.group(), group -> groups.size() + 1));
    ManagedVm made = new ManagedVm(entry.name(), vm, limits(entry.name()));
    managed.put(entry.name(), made);
    manager.add(made);
  }

  /**
   * Adds a guest that goes on from a copied state. A {@link UserError}, OutOfFrames or StateFault
   * if that cannot be, and then there is no such guest.
   *
   * @param like what it would boot like; null if it cannot
   */
  HostedVm add(VmEntry entry, @Nullable VmEntry like, GuestMaker.Copied copied) {
    HostedVm vm = hosted(entry);
    limits.put(entry.name(), new Limits(entry.min(), entry.max(), entry.shares()));
    vms.add(vm);
    try {
      vm.console().accept(copied.console(), 0, copied.console().length);
      vm.goOn(copied.conversation(), managed(entry, maker.copying(entry, copied)));
    } catch (RuntimeException e) {
      vms.remove(vm);
      limits.remove(entry.name());
      throw e;
    }
    maker.boots(entry, like);
    return vm;
  }

  /** What makes the guests. */
  GuestMaker maker() {
    return maker;
  }

  /** Has {@code action} run when there are guests of other names. */
  void whenGuestsChange(Runnable action) {
    guestsChanged = action;
  }

  /** Tells that there are. */
  void guestsChanged() {
    guestsChanged.run();
  }

  private void changed(HostedVm vm) {
    ManagedVm known = managed.get(vm.name());
    if (known != null && !known.vm().equals(vm.vm())) {
      past.put(vm.name(), traffic(vm.name()));
      manager.remove(known);
      managed.remove(vm.name());
    }
    String why = vm.reason().isEmpty() ? "." : ": " + vm.reason();
    events.add(clock.now(), vm.name(), "guest", vm.name() + " is " + vm.state().word() + why);
    if (stopping && vms.stream().allMatch(HostSession::hasEnded)) {
      clock.stop();
    } else if (vms.stream().allMatch(HostSession::hasEnded)) {
      clock.post(this::stopIfAllEnded); // a restart may follow at once
    }
  }

  private void stopIfAllEnded() {
    if (vms.stream().allMatch(HostSession::hasEnded)) {
      clock.stop();
    }
  }

  private static boolean hasEnded(HostedVm vm) {
    return vm.state() == VmState.STOPPED || vm.state() == VmState.FAILED;
  }

  /** Starts a guest that does not run; a {@link UserError} if its min does not fit. */
  public void start(HostedVm vm) {
    if (stopping) {
      throw UserError.of("The guest %s cannot start: the host is stopping.", vm.name());
    }
    long min = limits(vm.name()).min();
    boolean exists = managed.containsKey(vm.name());
    long missing = exists ? 0 : manager.missingFor(min, overhead(vm.entry()));
    if (missing > 0) {
      throw UserError.of(
          "The guest %s cannot start: its min of %s and %s for its tables are %s more than is left"
              + " beside the mins of the others.",
          vm.name(), mib(min), mib(overhead(vm.entry())), mib(missing));
    }
    vm.start();
  }

  private void startFirst() {
    for (HostedVm vm : vms) {
      if (vm.entry().waitsForMemory()) {
        vm.queue("it starts as memory allows");
      } else {
        start(vm);
      }
    }
    for (EventEntry event : config.events()) {
      clock.schedule(event.atNanos(), () -> begin(event));
    }
    manager.begin();
    startQueued();
  }

  private void begin(EventEntry event) {
    HostedVm vm = vm(event.vm());
    try {
      var _ = vm.agent().background(event.exec());
      events.add(clock.now(), vm.name(), "guest", vm.name() + " runs: " + event.exec());
    } catch (UserError e) {
      events.add(clock.now(), vm.name(), "guest", String.valueOf(e.getMessage()));
    }
  }

  /** One at a time, when its min fits and memory is not short. */
  private void startQueued() {
    for (HostedVm vm : vms) {
      if (vm.state() == VmState.STARTING) {
        break;
      }
      if (vm.state() == VmState.QUEUED && fits(vm)) {
        start(vm);
        break;
      }
    }
    clock.schedule(LOOK_NANOS, this::startQueued);
  }

  private boolean fits(HostedVm vm) {
    long min = limits(vm.name()).min();
    long spare = manager.free() - ReclaimState.HIGH.freeBytes(machine.memory().size());
    return manager.missingFor(min, overhead(vm.entry())) == 0
        && manager.state() == ReclaimState.HIGH
        && spare >= min;
  }

  /** Adds to the events what somebody else has done; on the thread of the clock. */
  public void tell(String vm, String kind, String text) {
    events.add(clock.now(), vm, kind, text);
  }

  private void tell(MemoryEvent event) {
    String kind = event.kind().name().toLowerCase(Locale.ROOT);
    events.add(event.nanos(), event.vm(), kind, event.text());
  }

  // ---- the whole -----------------------------------------------------------------------------

  /** Starts the guests, and runs until all have ended. */
  public void run() {
    running.lock();
    try {
      clock.post(this::startFirst);
      clock.run();
    } finally {
      events.close();
      vms.forEach(vm -> vm.console().close());
      running.unlock();
    }
  }

  /** Has {@code action} run where everything is managed, and waits for it. Any other thread. */
  public void call(Runnable action) {
    clock.call(action);
  }

  /** Stops all guests in order, and then the host. Any thread. */
  public void stop() {
    clock.post(
        () -> {
          stopping = true;
          vms.forEach(HostedVm::stop);
          stopIfAllEnded();
        });
  }

  /** Cuts the power of all guests now, and stops the host. Any thread. */
  public void cut() {
    clock.post(
        () -> {
          stopping = true;
          for (HostedVm vm : vms) {
            vm.stop();
            vm.cut();
          }
          stopIfAllEnded();
        });
  }

  /** Gives the machine's memory and the swap file back; ends {@link #run} first, if need be. */
  @Override
  public void close() {
    clock.stop();
    running.lock(); // memory that somebody still uses must not go
    try {
      machine.close();
    } finally {
      running.unlock();
    }
  }
}
