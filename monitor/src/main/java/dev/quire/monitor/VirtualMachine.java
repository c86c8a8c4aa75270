package dev.quire.monitor;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.board.Clock;
import dev.quire.machine.board.HostClock;
import dev.quire.machine.board.InstructionClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.machine.device.virtio.VirtioBlock;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.paging.VmPaging;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.monitor.proxy.SwapDisk;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.sbi.Sbi;
import dev.quire.monitor.trace.FrameStream;
import dev.quire.monitor.trace.MemoryTracer;
import dev.quire.monitor.vcpu.Exits;
import dev.quire.monitor.vcpu.GuestCpu;
import dev.quire.monitor.vcpu.NativeCpu;
import dev.quire.monitor.vcpu.Vcpu;
import dev.quire.monitor.vcpu.VcpuTime;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine: memory, vCPUs each with a hart, devices, firmware interface. It has a {@link
 * Machine} for itself, or is one of many on it. Made ready by the constructor; alone it is run once
 * by {@link #run}, among others by the machine's clock.
 */
public final class VirtualMachine implements AutoCloseable {
  /** Null if the guest is not virtualized. */
  private final @Nullable VmPaging paging;

  private final VmConfig config;
  private final Machine machine;
  private final boolean ownsMachine;
  private final int number;
  private final Set<Held> held = EnumSet.noneOf(Held.class);
  private final List<BlockStore> disks;
  private final PowerControl power;
  private final Clock clock;
  private final GuestMemory memory;
  private final GuestDevices devices;
  private final MemoryTracer tracer;

  /** Null if the guest is not virtualized. */
  private final @Nullable Sampler sampler;

  /** The last of its disks; null if it has none to swap to. */
  private final @Nullable SwapDisk swapDisk;

  /** Null if no part of its memory is a cache. */
  private final @Nullable ProxyMemory proxy;

  private final List<GuestCpu> vcpus = new ArrayList<>();

  /**
   * Builds the VM on a machine of its own, and loads the guest. Throws a {@link UserError} for what
   * does not fit.
   *
   * @param console where the guest's serial port and early console print to
   * @param agent the host's end of the channel to the agent in the guest, its name included
   */
  public VirtualMachine(VmConfig config, ByteSink console, ConsolePort agent) {
    this(config, Machine.forOne(config), new PowerControl(), console, agent, null);
  }

  /**
   * The same for a VM that goes on from a saved state, in its last generation until {@link
   * #newGeneration}. Throws a {@link dev.quire.machine.state.StateFault} for a state that is not of
   * such a VM, or is damaged.
   *
   * @param config the same VM; the paging method may be another, and the kernel does not matter
   */
  public VirtualMachine(VmConfig config, ByteSink console, ConsolePort agent, SavedState saved) {
    this(config, Machine.forOne(config), new PowerControl(), console, agent, saved);
  }

  private VirtualMachine(
      VmConfig config,
      Machine machine,
      PowerControl power,
      ByteSink console,
      ConsolePort agent,
      @Nullable SavedState saved) {
    this(config, machine, true, power, ownClock(config, power), console, agent, saved);
  }

  /**
   * Builds the VM on a machine that it shares with others.
   *
   * @param power that {@code clock} obeys
   * @param clock of this VM alone
   */
  public VirtualMachine(
      VmConfig config,
      Machine machine,
      PowerControl power,
      Clock clock,
      ByteSink console,
      ConsolePort agent) {
    this(config, machine, false, power, clock, console, agent, null);
  }

  /** The same for a VM that goes on from a saved state. */
  public VirtualMachine(
      VmConfig config,
      Machine machine,
      PowerControl power,
      Clock clock,
      ByteSink console,
      ConsolePort agent,
      SavedState saved) {
    this(config, machine, false, power, clock, console, agent, saved);
  }

  private static Clock ownClock(VmConfig config, PowerControl power) {
    return config.countsInstructions() ? new InstructionClock(power) : new HostClock(power);
  }

  private VirtualMachine(
      VmConfig config,
      Machine machine,
      boolean ownsMachine,
      PowerControl power,
      Clock clock,
      ByteSink console,
      ConsolePort agent,
      @Nullable SavedState saved) {
    boolean isNative = config.paging() == PagingChoice.NATIVE;
    this.config = config;
    this.machine = machine;
    this.ownsMachine = ownsMachine;
    this.number = machine.newNumber();
    this.power = power;
    this.clock = clock;
    memory =
        new GuestMemory(
            machine.memory(),
            machine.frames(),
            machine.swap(),
            number,
            GuestLayout.RAM,
            config.memory(),
            config.largePages());
    swapDisk =
        config.swapDisk() == 0
            ? null
            : new SwapDisk(config.swapDisk(), machine.swapForDisks(), memory);
    disks = new ArrayList<>(config.disks());
    if (swapDisk != null) {
      disks.add(swapDisk);
    }
    proxy =
        config.proxy() == null
            ? null
            : new ProxyMemory(config.proxy(), memory, machine.memory(), machine.frames());
    devices =
        new GuestDevices(
            config, disks, memory, proxy, clock, externalInterrupts(config.cpus()), console, agent);
    Sbi firmware = new Sbi(vcpus, memory, power, console);
    if (isNative) {
      memory.populateAll();
      paging = null;
      addCpus(config, firmware, null);
    } else {
      paging = new VmPaging(config.paging(), machine.pagingHost(), memory, config.gstage());
      long swapNanos = config.countsInstructions() ? machine.swapNanos() : 0;
      addCpus(
          config,
          firmware,
          new Vcpu.Services(paging, memory, devices.map(), firmware, clock, swapNanos));
    }
    tracer = new MemoryTracer(memory, machine.frames(), machine.memory(), vcpus, clock);
    loadOrLeave(saved);
    sampler =
        isNative ? null : new Sampler(memory, clock, tracer, randomPages(), config.sampling());
    if (sampler != null) {
      sampler.begin();
    }
    if (proxy != null) {
      proxy.begin(clock, Objects.requireNonNull(devices.balloon()));
    }
  }

  /** What is sampled repeats where the run does, and else nobody can know it. */
  private RandomGenerator randomPages() {
    return new SplittableRandom(
        config.countsInstructions() ? config.seed() : new SecureRandom().nextLong());
  }

  private List<InterruptLine> externalInterrupts(int cpus) {
    List<InterruptLine> lines = new ArrayList<>();
    for (int i = 0; i < cpus; i++) {
      int id = i;
      lines.add(asserted -> vcpus.get(id).setExternalInterrupt(asserted));
    }
    return lines;
  }

  /** {@code monitor} is null if the kernel has the machine for itself, devices and all. */
  private void addCpus(VmConfig config, Sbi firmware, Vcpu.@Nullable Services monitor) {
    Isa isa = monitor == null ? Isa.full().without(Extension.H) : Isa.full();
    AddressMap bus = monitor == null ? devices.map() : new AddressMap();
    for (int id = 0; id < config.cpus(); id++) {
      VcpuTime time = new VcpuTime(config.countsInstructions(), clock);
      Hart hart = new Hart(id, isa, time, config.mmu(), machine.memory(), bus, machine.code());
      GuestCpu cpu =
          monitor == null
              ? new NativeCpu(id, hart, time, clock, firmware, config.updatesAd())
              : new Vcpu(id, hart, time, monitor, config.updatesAd());
      vcpus.add(cpu);
      clock.add(cpu);
    }
  }

  /** A guest that cannot be loaded leaves nothing behind. */
  private void loadOrLeave(@Nullable SavedState saved) {
    try {
      if (saved == null) {
        loadKernel();
      } else {
        load(saved);
      }
    } catch (RuntimeException e) {
      if (ownsMachine) {
        machine.close();
      } else {
        leaveMachine();
      }
      throw e;
    }
  }

  private void loadKernel() {
    GuestLoader loader = new GuestLoader(config, memory);
    loader.load(devices.virtioDevices());
    if (!vcpus.getFirst().start(loader.entry(), loader.treeAddress())) {
      throw new IllegalStateException("the first vCPU runs already");
    }
  }

  private void load(SavedState saved) {
    StateReader in = saved.state();
    in.countFrom(Math.ceilDiv(clock.now(), VcpuTime.NANOS_PER_TICK) * VcpuTime.NANOS_PER_TICK);
    in.section("machine", shape()::check);
    saved.pages().accept(memory);
    devices.load(in);
    for (Vcpu vcpu : virtualized()) {
      in.section("vCPU", vcpu::load);
    }
  }

  /**
   * Writes the state of all but the memory, while no vCPU runs ({@link #whileStopped}), so that a
   * VM of the same configuration can go on from it; under any paging method, as none leaves a
   * trace. A {@link UserError} for a native guest, or if a disk is written in place.
   */
  public void save(StateWriter out) {
    List<Vcpu> cpus = virtualized();
    long origin = clock.now();
    for (Vcpu vcpu : cpus) {
      origin = Math.min(origin, vcpu.resumesAt());
    }
    // A whole tick of the guest's clock, so that the next one comes as soon as it would have.
    out.countFrom(Math.floorDiv(origin, VcpuTime.NANOS_PER_TICK) * VcpuTime.NANOS_PER_TICK);
    out.section("machine", shape()::save);
    devices.save(out);
    for (Vcpu vcpu : cpus) {
      out.section("vCPU", vcpu::save);
    }
  }

  private VmShape shape() {
    return new VmShape(config.memory(), config.cpus(), devices.virtioDevices(), config.updatesAd());
  }

  private List<Vcpu> virtualized() {
    List<Vcpu> cpus = new ArrayList<>();
    for (GuestCpu cpu : vcpus) {
      if (!(cpu instanceof Vcpu vcpu)) {
        throw new UserError(
            "A native guest cannot be saved or cloned: part of its state is the machine's own.");
      }
      cpus.add(vcpu);
    }
    return cpus;
  }

  /**
   * Tells the guest that it is not alone: that it goes on from a saved state, or as the copy of
   * another. Before it runs, or where {@link Clock#post} has it done.
   */
  public void newGeneration() {
    devices.generation().renew();
  }

  /**
   * Runs {@code action} when vCPU 0 has completed exactly {@code count} instructions of its own,
   * between two of them, which changes nothing for the guest. Before {@link #run} or from such an
   * action; a count that vCPU 0 never comes to does nothing.
   */
  public void atInstruction(long count, Runnable action) {
    vcpus.getFirst().hart().atInstruction(count, action);
  }

  /**
   * What {@code question} says while no vCPU runs, which the guest does not notice. From a thread
   * of the host's own, at any time before {@link #close}.
   */
  public <T> T whileStopped(Supplier<T> question) {
    AtomicReference<@Nullable T> answer = new AtomicReference<>();
    clock.whileStopped(() -> answer.set(question.get()));
    return Objects.requireNonNull(answer.get());
  }

  /**
   * Changes how the guest's memory is virtualized, which the guest does not notice. From a thread
   * of the host's own. A {@link UserError} for native.
   */
  public void switchPaging(PagingChoice choice) {
    clock.whileStopped(() -> change(choice));
  }

  /** The same, once vCPU 0 has completed {@code count} instructions; before {@link #run}. */
  public void switchPagingAt(long count, PagingChoice choice) {
    requirePaging(choice);
    atInstruction(count, () -> clock.stopSoon(() -> change(choice)));
  }

  private void change(PagingChoice choice) {
    requirePaging(choice).switchTo(choice);
    if (sampler != null) {
      sampler.begin();
    }
  }

  private VmPaging requirePaging(PagingChoice choice) {
    if (paging == null || choice == PagingChoice.NATIVE) {
      throw UserError.of(
          "The paging method cannot change from %s to %s: native is not virtualized.",
          choice().word(), choice.word());
    }
    return paging;
  }

  /** Runs until the guest powers off, asks for a restart, or can never go on. */
  public PowerControl.Request run() {
    clock.run();
    return Objects.requireNonNull(power.pending());
  }

  /** Why a VM may have to stand still. */
  public enum Held {
    /** A user wants it. */
    BY_USER,
    /** The machine has too little memory. */
    FOR_MEMORY
  }

  /**
   * Has the VM stand still, its time too, or go on unless something else holds it. On the thread of
   * the machine's clock.
   */
  public void hold(Held why, boolean still) {
    if (still) {
      held.add(why);
    } else {
      held.remove(why);
    }
    clock.hold(!held.isEmpty());
  }

  /** What the VM stands still for; empty if it does not. On the same thread. */
  public Set<Held> held() {
    return Set.copyOf(held);
  }

  /** An upper limit of what its page tables and the like take of machine memory, in bytes. */
  public long overhead() {
    return Machine.overhead(memory.size(), choice());
  }

  /**
   * Has {@code stream} be told of every reference to the guest's memory, consecutive repeats left
   * out, until {@link #endTrace}: which makes the guest's processors several times slower, and
   * changes nothing else. From a thread of the host's own.
   */
  public MemoryTracer.Tracing trace(FrameStream stream) {
    return whileStopped(() -> tracer.begin(stream));
  }

  /** Ends what {@link #trace} began. From a thread of the host's own. */
  public void endTrace(MemoryTracer.Tracing tracing) {
    clock.whileStopped(() -> tracer.end(tracing));
  }

  /** Ends {@link #run} soon; any thread. */
  public void stop(int status) {
    power.request(PowerControl.Kind.OFF, status);
  }

  /** Types {@code bytes} into the serial port; any thread. */
  public void type(byte[] bytes) {
    clock.post(() -> devices.uart().receive(bytes));
  }

  /** Sends {@code bytes} to the agent, which gets them once it has opened its end; any thread. */
  public void tellAgent(byte[] bytes) {
    tellAgent(bytes, () -> {});
  }

  /** The same, and {@code note} runs just before the bytes become part of the VM's state. */
  public void tellAgent(byte[] bytes, Runnable note) {
    clock.post(
        () -> {
          note.run();
          devices.console().send(GuestDevices.AGENT_PORT, bytes);
        });
  }

  /**
   * The memory balloon, or null if the VM has none. Its methods are for any thread under the host
   * clock, under the instruction clock for actions of {@link #clock}.
   */
  public @Nullable VirtioBalloon balloon() {
    return devices.balloon();
  }

  /** The clock, to say whether input is to be expected. */
  public Clock clock() {
    return clock;
  }

  /** Whether its time is a count of instructions, or the host's. */
  public boolean countsInstructions() {
    return config.countsInstructions();
  }

  /** How the guest's memory is virtualized. */
  public PagingChoice choice() {
    return paging == null ? PagingChoice.NATIVE : paging.method().choice();
  }

  /** What the paging method holds now, by name; empty for native. */
  public Map<String, Long> pagingStatistics() {
    return paging == null ? Map.of() : paging.method().statistics();
  }

  /** 4 KiB pages that were read from its disks themselves so far. */
  public long diskPagesRead() {
    return devices.blocks().stream().mapToLong(VirtioBlock::pagesRead).sum();
  }

  /** The same of those written. */
  public long diskPagesWritten() {
    return devices.blocks().stream().mapToLong(VirtioBlock::pagesWritten).sum();
  }

  /** Estimates how much of its memory the guest uses; null if it is native. */
  public @Nullable Sampler sampler() {
    return sampler;
  }

  /** The part of its memory that is a cache of the monitor's; null if there is none. */
  public @Nullable ProxyMemory proxy() {
    return proxy;
  }

  /** The disk that it has to swap to; null if it has none. */
  public @Nullable SwapDisk swapDisk() {
    return swapDisk;
  }

  public List<GuestCpu> vcpus() {
    return List.copyOf(vcpus);
  }

  public GuestMemory memory() {
    return memory;
  }

  /** The memory of the machine that the VM runs on. */
  public PhysicalMemory machineMemory() {
    return machine.memory();
  }

  public FrameTable frames() {
    return machine.frames();
  }

  /** Instructions that all vCPUs together completed. */
  public long instructions() {
    long sum = 0;
    for (GuestCpu vcpu : vcpus) {
      sum += vcpu.hart().completed();
    }
    return sum;
  }

  /** Exits of all vCPUs together. */
  public Exits exits() {
    Exits sum = new Exits();
    for (GuestCpu vcpu : vcpus) {
      sum.add(vcpu.exits());
    }
    return sum;
  }

  /** Page walks of all harts together; before {@link #close}, when the VM does not run. */
  public Walks walks() {
    return Walks.of(vcpus);
  }

  /** Its number on the machine: the VMID of its translations, the owner of its frames. */
  public int number() {
    return number;
  }

  /** Closes the disks and gives all of the machine's memory back; when the VM has ended. */
  @Override
  public void close() throws IOException {
    if (sampler != null) {
      sampler.close();
    }
    if (ownsMachine) {
      machine.close();
    } else {
      leaveMachine();
    }
    for (BlockStore disk : disks) {
      disk.close();
    }
  }

  private void leaveMachine() {
    vcpus.forEach(cpu -> machine.code().remove(cpu.hart()));
    if (paging != null) {
      paging.close();
    }
    if (proxy != null) {
      proxy.close();
    }
    memory.close();
    if (swapDisk != null) {
      swapDisk.close();
    }
    machine.freeNumber(number);
  }
}
