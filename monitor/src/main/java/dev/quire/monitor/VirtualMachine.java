package dev.quire.monitor;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.board.Clock;
import dev.quire.machine.board.HostClock;
import dev.quire.machine.board.InstructionClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.NestedPaging;
import dev.quire.monitor.sbi.Sbi;
import dev.quire.monitor.vcpu.Exits;
import dev.quire.monitor.vcpu.Vcpu;
import dev.quire.monitor.vcpu.VcpuTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A virtual machine on an emulated computer of its own: memory, harts that run its vCPUs, devices,
 * firmware interface. Made ready by the constructor, run once by {@link #run}.
 */
public final class VirtualMachine implements AutoCloseable {
  private static final int VM_NUMBER = 1;
  private static final long MACHINE_RAM = 0x8000_0000L;

  /** Machine memory beyond the guest's: page tables (1/512 for 4 KiB pages) and rounding. */
  private static final int OVERHEAD_SHIFT = 7;

  private static final long OVERHEAD = 8 << 20;

  private final List<BlockStore> disks;
  private final PowerControl power = new PowerControl();
  private final Clock clock;
  private final PhysicalMemory machineMemory;
  private final FrameTable frames;
  private final GuestMemory memory;
  private final GuestDevices devices;
  private final List<Vcpu> vcpus = new ArrayList<>();

  /**
   * Builds the VM and loads the guest. Throws a {@link dev.quire.machine.board.UserError} for what
   * does not fit.
   *
   * @param console where the guest's serial port and early console print to
   * @param agent the host's end of the channel to the agent in the guest, its name included
   */
  public VirtualMachine(VmConfig config, ByteSink console, ConsolePort agent) {
    this.disks = config.disks();
    clock = config.countsInstructions() ? new InstructionClock(power) : new HostClock(power);
    long overhead = (config.memory() >> OVERHEAD_SHIFT) + OVERHEAD & -OVERHEAD;
    machineMemory = new PhysicalMemory(MACHINE_RAM, config.memory() + overhead);
    frames = new FrameTable(machineMemory);
    memory =
        new GuestMemory(
            machineMemory,
            frames,
            VM_NUMBER,
            GuestLayout.RAM,
            config.memory(),
            config.largePages());
    devices =
        new GuestDevices(config, memory, clock, externalInterrupts(config.cpus()), console, agent);
    addVcpus(config, new Sbi(vcpus, memory, power, console));
    load(config);
  }

  private List<InterruptLine> externalInterrupts(int cpus) {
    List<InterruptLine> lines = new ArrayList<>();
    for (int i = 0; i < cpus; i++) {
      int id = i;
      lines.add(asserted -> vcpus.get(id).setExternalInterrupt(asserted));
    }
    return lines;
  }

  private void addVcpus(VmConfig config, Sbi firmware) {
    NestedPaging paging = new NestedPaging(machineMemory, frames, memory, config.gstage());
    Vcpu.Services services = new Vcpu.Services(paging, devices.map(), firmware, clock);
    Isa isa = Isa.full();
    CodeCache code = new CodeCache(machineMemory, isa);
    AddressMap nothing = new AddressMap();
    for (int id = 0; id < config.cpus(); id++) {
      VcpuTime time = new VcpuTime(config.countsInstructions(), clock);
      Hart hart = new Hart(id, isa, time, config.mmu(), machineMemory, nothing, code);
      Vcpu vcpu = new Vcpu(id, hart, time, services, config.updatesAd());
      vcpus.add(vcpu);
      clock.add(vcpu);
    }
  }

  private void load(VmConfig config) {
    GuestLoader loader = new GuestLoader(config, memory);
    loader.load(devices.virtioDevices());
    if (!vcpus.getFirst().start(loader.entry(), loader.treeAddress())) {
      throw new IllegalStateException("the first vCPU runs already");
    }
  }

  /**
   * Runs {@code action} when vCPU 0 has completed exactly {@code count} instructions of its own,
   * between two of them, which changes nothing for the guest. Before {@link #run} or from such an
   * action; a count that vCPU 0 never comes to does nothing.
   */
  public void atInstruction(long count, Runnable action) {
    vcpus.getFirst().hart().atInstruction(count, action);
  }

  /** Runs until the guest powers off, asks for a restart, or can never go on. */
  public PowerControl.Request run() {
    clock.run();
    return Objects.requireNonNull(power.pending());
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
    clock.post(() -> devices.console().send(GuestDevices.AGENT_PORT, bytes));
  }

  /** The clock, to say whether input is to be expected. */
  public Clock clock() {
    return clock;
  }

  public List<Vcpu> vcpus() {
    return List.copyOf(vcpus);
  }

  public GuestMemory memory() {
    return memory;
  }

  public FrameTable frames() {
    return frames;
  }

  /** Instructions that all vCPUs together completed. */
  public long instructions() {
    long sum = 0;
    for (Vcpu vcpu : vcpus) {
      sum += vcpu.hart().completed();
    }
    return sum;
  }

  /** Exits of all vCPUs together. */
  public Exits exits() {
    Exits sum = new Exits();
    for (Vcpu vcpu : vcpus) {
      sum.add(vcpu.exits());
    }
    return sum;
  }

  /** Page walks of all harts together; before {@link #close}, when the VM does not run. */
  public Walks walks() {
    return Walks.of(vcpus);
  }

  /** Closes the disks and gives the machine's memory back; after {@link #run}. */
  @Override
  public void close() throws IOException {
    for (BlockStore disk : disks) {
      disk.close();
    }
    machineMemory.close();
  }
}
