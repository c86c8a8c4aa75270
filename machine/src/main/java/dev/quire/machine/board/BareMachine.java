package dev.quire.machine.board;

import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.device.Aclint;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.Htif;
import dev.quire.machine.device.Plic;
import dev.quire.machine.device.PowerSwitch;
import dev.quire.machine.device.TestFinisher;
import dev.quire.machine.device.Uart16550;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.device.virtio.RandomSource;
import dev.quire.machine.device.virtio.VirtioBlock;
import dev.quire.machine.device.virtio.VirtioEntropy;
import dev.quire.machine.device.virtio.VirtioFunction;
import dev.quire.machine.device.virtio.VirtioMmio;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Interrupts;
import dev.quire.machine.memory.MemoryDma;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.MmuConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A computer without a monitor, laid out as QEMU's virt board:
 *
 * <pre>
 *   0x0010_0000  finisher: power off, reset
 *   0x0200_0000  ACLINT: mtime, and timers and software interrupts of each hart's M-mode
 *   0x0c00_0000  PLIC: contexts 2n (M) and 2n + 1 (S) of hart n
 *   0x1000_0000  16550 UART, PLIC source 10
 *   0x1000_1000  virtio-mmio, 8 slots of 4 KiB, PLIC sources 1 to 8
 *   0x8000_0000  RAM
 * </pre>
 *
 * It starts in M-mode on all harts at once, with a0 = hart id, a1 = device tree and a2 = OpenSBI's
 * fw_dynamic information. {@link BootImage} puts these and the programs in memory.
 */
public final class BareMachine implements AutoCloseable {
  public static final int MAX_HARTS = 8;
  public static final long RAM = 0x8000_0000L;

  static final long FINISHER = 0x10_0000;
  static final long ACLINT = 0x200_0000;
  static final long PLIC = 0xc00_0000;
  static final long UART = 0x1000_0000;
  static final int UART_SOURCE = 10;
  static final int VIRTIO_SLOTS = 8;
  static final long VIRTIO_SIZE = 0x1000;

  private static final int MAX_DISKS = VIRTIO_SLOTS - 1;
  private static final long DISK_LATENCY_NANOS = 20_000;
  private static final int A0 = 10;

  private final PhysicalMemory memory;
  private final AddressMap map = new AddressMap();
  private final PowerControl power = new PowerControl();
  private final Clock clock;
  private final ByteSink console;
  private final List<HartProcessor> processors = new ArrayList<>();
  private final Plic plic;
  private final Uart16550 uart;

  /** A machine whose UART prints to {@code console}. The caller closes the disks. */
  public BareMachine(BareOptions options, List<BlockStore> disks, ByteSink console) {
    this.console = console;
    memory = new PhysicalMemory(RAM, options.memory());
    clock = options.hostClock() ? new HostClock(power) : new InstructionClock(power);
    CodeCache code = new CodeCache(memory, options.isa());
    for (int id = 0; id < options.harts(); id++) {
      HartProcessor processor =
          options.hostClock() ? new HartProcessor.Timed(clock) : new HartProcessor.Counting();
      processor.drive(
          new Hart(id, options.isa(), processor, MmuConfig.standard(), memory, map, code));
      processors.add(processor);
      clock.add(processor);
    }
    plic = new Plic(lines(Interrupts.MEI, Interrupts.SEI));
    uart = new Uart16550(plic.source(UART_SOURCE), console);
    map.add(FINISHER, TestFinisher.SIZE, new TestFinisher(powerSwitch()));
    map.add(ACLINT, Aclint.SIZE, new Aclint(clock, lines(Interrupts.MSI), lines(Interrupts.MTI)));
    map.add(PLIC, Plic.SIZE, plic);
    map.add(UART, Uart16550.SIZE, uart);
    addVirtio(options, disks);
  }

  /** The disks from slot 0 on, where simple kernels look, then the entropy device. */
  private void addVirtio(BareOptions options, List<BlockStore> disks) {
    if (disks.size() > MAX_DISKS) {
      throw UserError.of(
          "%d disks are too many: at most %d are possible.", disks.size(), MAX_DISKS);
    }
    MemoryDma dma = new MemoryDma(memory);
    List<VirtioFunction> functions = new ArrayList<>();
    for (BlockStore disk : disks) {
      String serial = "quire-" + functions.size();
      functions.add(new VirtioBlock(disk, serial, clock, DISK_LATENCY_NANOS));
    }
    functions.add(new VirtioEntropy(RandomSource.seeded(options.seed())));
    for (int slot = 0; slot < VIRTIO_SLOTS; slot++) {
      InterruptLine line = plic.source(1 + slot);
      Device device =
          slot < functions.size()
              ? new VirtioMmio(functions.get(slot), dma, line)
              : new EmptySlot();
      map.add(virtioBase(slot), VIRTIO_SIZE, device);
    }
  }

  static long virtioBase(int slot) {
    return UART + (slot + 1) * VIRTIO_SIZE;
  }

  /** The pins of all harts: for each hart, its pins in the given order. */
  private List<InterruptLine> lines(int... pins) {
    List<InterruptLine> lines = new ArrayList<>();
    for (HartProcessor processor : processors) {
      for (int pin : pins) {
        lines.add(
            asserted -> {
              processor.hart().interrupts().setPin(pin, asserted);
              if (asserted) {
                clock.wake(processor);
              }
            });
      }
    }
    return lines;
  }

  private PowerSwitch powerSwitch() {
    return new PowerSwitch() {
      @Override
      public void powerOff(int exitStatus) {
        power.request(PowerControl.Kind.OFF, exitStatus);
      }

      @Override
      public void reset() {
        power.request(PowerControl.Kind.RESET, 0);
      }
    };
  }

  public PhysicalMemory memory() {
    return memory;
  }

  public Clock clock() {
    return clock;
  }

  public Hart hart(int id) {
    return processors.get(id).hart();
  }

  public List<Hart> harts() {
    return processors.stream().map(HartProcessor::hart).toList();
  }

  /** Asks the machine to stop, from outside. */
  public PowerControl power() {
    return power;
  }

  /** Types {@code bytes} on the UART; any thread. */
  public void type(byte[] bytes) {
    clock.post(() -> uart.receive(bytes));
  }

  /** Puts all harts at their first instruction; serves tohost if the program has that symbol. */
  public void start(BootImage image) {
    long tohost = image.symbol("tohost");
    if (Htif.usable(memory, tohost)) {
      long fromhost = image.symbol("fromhost");
      Htif htif = new Htif(memory, tohost, fromhost, console, powerSwitch());
      clock.betweenSlices(htif::poll);
    }
    for (Hart hart : harts()) {
      hart.setPc(image.entry());
      hart.x[A0] = hart.id();
      hart.x[A0 + 1] = image.deviceTree();
      hart.x[A0 + 2] = image.dynamicInfo();
    }
  }

  /** Has every instruction of every hart written down, which takes long. */
  public void trace(CommitLog log) {
    processors.forEach(processor -> processor.trace(log));
  }

  /** Runs until the program ends, resets the machine, or waits for ever. */
  public PowerControl.Request run() {
    clock.run();
    return Objects.requireNonNull(power.pending());
  }

  @Override
  public void close() {
    memory.close();
  }
}
