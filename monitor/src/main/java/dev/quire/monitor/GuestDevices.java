package dev.quire.monitor;

import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.GenerationId;
import dev.quire.machine.device.Plic;
import dev.quire.machine.device.Uart16550;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.device.virtio.RandomSource;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.machine.device.virtio.VirtioBlock;
import dev.quire.machine.device.virtio.VirtioConsole;
import dev.quire.machine.device.virtio.VirtioEntropy;
import dev.quire.machine.device.virtio.VirtioFunction;
import dev.quire.machine.device.virtio.VirtioMmio;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.machine.time.Timeline;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VM's devices: the machine's models, wired to the vCPUs and to guest memory. The virtio windows
 * are the disks', in their order, then the console's, the entropy source's and the balloon's.
 */
final class GuestDevices {
  static final int AGENT_PORT = 1;

  /** Guest time from a request to its completion: about what a fast disk needs. */
  private static final long DISK_LATENCY_NANOS = 20_000;

  private final AddressMap map = new AddressMap();
  private final Plic plic;
  private final Uart16550 uart;
  private final VirtioConsole console;
  private final @Nullable VirtioBalloon balloon;
  private final GenerationId generation;
  private final List<BlockStore> disks;
  private final List<VirtioBlock> blocks = new ArrayList<>();
  private final List<VirtioMmio> virtio = new ArrayList<>();

  /**
   * @param disks vda first
   * @param proxy is told of what the disks transfer; null: nobody is
   * @param external each vCPU's external interrupt, in the order of their ids
   * @param output where the serial port and the virtio console print to
   * @param agent the host's end of port 1 of the console device
   */
  GuestDevices(
      VmConfig config,
      List<BlockStore> disks,
      GuestMemory memory,
      @Nullable ProxyMemory proxy,
      Timeline timeline,
      List<InterruptLine> external,
      ByteSink output,
      ConsolePort agent) {
    plic = new Plic(external);
    uart = new Uart16550(plic.source(GuestLayout.UART_SOURCE), output);
    map.add(GuestLayout.PLIC, Plic.SIZE, plic);
    map.add(GuestLayout.UART, Uart16550.SIZE, uart);
    this.disks = disks;
    VirtioBlock.Times times = new VirtioBlock.Times(DISK_LATENCY_NANOS, config.diskNanos());
    for (BlockStore disk : disks) {
      int number = virtio.size();
      PageTransfers pages = proxy == null ? null : proxy.transfers(number, disk);
      VirtioBlock block = new VirtioBlock(disk, "quire-" + number, timeline, times, pages);
      blocks.add(block);
      addVirtio(block, memory);
    }
    console = new VirtioConsole(List.of(ConsolePort.console(output), agent));
    addVirtio(console, memory);
    RandomSource random =
        config.countsInstructions() ? RandomSource.seeded(config.seed()) : RandomSource.host();
    addVirtio(new VirtioEntropy(random), memory);
    balloon = config.balloon() ? new VirtioBalloon(new BalloonedMemory(memory), timeline) : null;
    if (balloon != null) {
      addVirtio(balloon, memory);
    }
    InterruptLine renewed = plic.source(GuestLayout.GENERATION_SOURCE);
    generation = new GenerationId(renewed, random::fill);
    map.add(GuestLayout.GENERATION, GenerationId.SIZE, generation);
  }

  private void addVirtio(VirtioFunction function, GuestMemory memory) {
    InterruptLine line = plic.source(GuestLayout.VIRTIO_SOURCE + virtio.size());
    long base = GuestLayout.VIRTIO + virtio.size() * GuestLayout.VIRTIO_STRIDE;
    VirtioMmio transport = new VirtioMmio(function, memory, line);
    map.add(base, VirtioMmio.SIZE, transport);
    virtio.add(transport);
  }

  /**
   * Writes the state of all, disks included. What the entropy source will give is no part of it: a
   * copy has its own.
   */
  void save(StateWriter out) {
    disks.forEach(disk -> disk.save(out));
    out.section("interrupt controller", plic::save);
    out.section("serial port", uart::save);
    virtio.forEach(transport -> out.section("virtio", transport::save));
    out.section("generation", generation::save);
  }

  /** Takes it over; the interrupt controller is the first, as the others drive it. */
  void load(StateReader in) {
    disks.forEach(disk -> disk.load(in));
    in.section("interrupt controller", plic::load);
    in.section("serial port", uart::load);
    virtio.forEach(transport -> in.section("virtio", transport::load));
    in.section("generation", generation::load);
  }

  AddressMap map() {
    return map;
  }

  /** How many virtio windows are in use. */
  int virtioDevices() {
    return virtio.size();
  }

  GenerationId generation() {
    return generation;
  }

  /** The disks' devices, in their order. */
  List<VirtioBlock> blocks() {
    return blocks;
  }

  Uart16550 uart() {
    return uart;
  }

  VirtioConsole console() {
    return console;
  }

  /** Null if it has none. */
  @Nullable VirtioBalloon balloon() {
    return balloon;
  }
}
