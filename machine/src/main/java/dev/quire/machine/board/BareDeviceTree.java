package dev.quire.machine.board;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.device.Aclint;
import dev.quire.machine.device.Plic;
import dev.quire.machine.device.TestFinisher;
import dev.quire.machine.device.Uart16550;
import dev.quire.machine.hart.Interrupts;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.Random;

/** The bare machine's device tree: QEMU virt's, for what this machine has. */
final class BareDeviceTree {
  private static final int TIMEBASE_HZ = 10_000_000;
  private static final int UART_CLOCK_HZ = 3_686_400;
  private static final int BLOCK = 64;

  private final DeviceTree tree = new DeviceTree();
  private final BareOptions options;
  private final int[] hartControllers;

  private BareDeviceTree(BareOptions options) {
    this.options = options;
    this.hartControllers = new int[options.harts()];
  }

  /**
   * The flattened tree.
   *
   * @param initrdEnd end of the initrd that starts at {@code initrdStart}; equal if there is none
   */
  static byte[] build(
      BareOptions options, PhysicalMemory memory, long initrdStart, long initrdEnd) {
    return new BareDeviceTree(options).flatten(memory, initrdStart, initrdEnd);
  }

  private byte[] flatten(PhysicalMemory memory, long initrdStart, long initrdEnd) {
    DeviceTree.Node root = tree.root();
    root.cells("#address-cells", 2).cells("#size-cells", 2);
    root.strings("compatible", "riscv-virtio").strings("model", "quire,bare");
    addChosen(root.child("chosen"), initrdStart, initrdEnd);
    addCpus(root.child("cpus"));
    root.child("memory", memory.base())
        .strings("device_type", "memory")
        .longs("reg", memory.base(), memory.size());
    addDevices(root);
    return tree.flatten(0);
  }

  private void addChosen(DeviceTree.Node chosen, long initrdStart, long initrdEnd) {
    chosen.strings("stdout-path", "/soc/serial@10000000").strings("bootargs", options.append());
    if (initrdEnd > initrdStart) {
      chosen.longs("linux,initrd-start", initrdStart).longs("linux,initrd-end", initrdEnd);
    }
    Random random = new Random(options.seed());
    byte[] seed = new byte[32];
    random.nextBytes(seed);
    chosen.bytes("rng-seed", seed).longs("kaslr-seed", random.nextLong());
  }

  private void addCpus(DeviceTree.Node cpus) {
    cpus.cells("#address-cells", 1).cells("#size-cells", 0);
    cpus.cells("timebase-frequency", TIMEBASE_HZ);
    Isa isa = options.isa();
    for (int hart = 0; hart < options.harts(); hart++) {
      DeviceTree.Node cpu = cpus.child("cpu", hart);
      cpu.strings("device_type", "cpu").cells("reg", hart).strings("status", "okay");
      cpu.strings("compatible", "riscv").strings("mmu-type", "riscv,sv57");
      cpu.strings("riscv,isa", IsaNames.string(isa)).strings("riscv,isa-base", "rv64i");
      cpu.strings("riscv,isa-extensions", IsaNames.list(isa).toArray(String[]::new));
      if (isa.has(Extension.ZICBOM)) {
        cpu.cells("riscv,cbom-block-size", BLOCK);
      }
      if (isa.has(Extension.ZICBOZ)) {
        cpu.cells("riscv,cboz-block-size", BLOCK);
      }
      DeviceTree.Node controller = cpu.child("interrupt-controller");
      controller.cells("#interrupt-cells", 1).flag("interrupt-controller");
      controller.strings("compatible", "riscv,cpu-intc");
      hartControllers[hart] = controller.phandle();
    }
  }

  private void addDevices(DeviceTree.Node root) {
    DeviceTree.Node soc = root.child("soc");
    soc.cells("#address-cells", 2).cells("#size-cells", 2);
    soc.strings("compatible", "simple-bus").flag("ranges");
    soc.child("clint", BareMachine.ACLINT)
        .strings("compatible", "sifive,clint0", "riscv,clint0")
        .longs("reg", BareMachine.ACLINT, Aclint.SIZE)
        .cells("interrupts-extended", wires(Interrupts.MSI, Interrupts.MTI));
    DeviceTree.Node plic = soc.child("plic", BareMachine.PLIC);
    plic.strings("compatible", "sifive,plic-1.0.0", "riscv,plic0");
    plic.cells("#interrupt-cells", 1).cells("#address-cells", 0).flag("interrupt-controller");
    plic.longs("reg", BareMachine.PLIC, Plic.SIZE).cells("riscv,ndev", Plic.MAX_SOURCE);
    plic.cells("interrupts-extended", wires(Interrupts.MEI, Interrupts.SEI));
    device(soc, plic, "serial", BareMachine.UART, Uart16550.SIZE, BareMachine.UART_SOURCE)
        .strings("compatible", "ns16550a")
        .cells("clock-frequency", UART_CLOCK_HZ);
    for (int slot = 0; slot < BareMachine.VIRTIO_SLOTS; slot++) {
      long base = BareMachine.virtioBase(slot);
      device(soc, plic, "virtio_mmio", base, BareMachine.VIRTIO_SIZE, 1 + slot)
          .strings("compatible", "virtio,mmio");
    }
    DeviceTree.Node finisher = soc.child("test", BareMachine.FINISHER);
    finisher.strings("compatible", "sifive,test1", "sifive,test0", "syscon");
    finisher.longs("reg", BareMachine.FINISHER, TestFinisher.SIZE);
    syscon(root.child("poweroff"), "syscon-poweroff", finisher.phandle(), 0x5555);
    syscon(root.child("reboot"), "syscon-reboot", finisher.phandle(), 0x7777);
  }

  private static DeviceTree.Node device(
      DeviceTree.Node soc, DeviceTree.Node plic, String name, long base, long size, int source) {
    return soc.child(name, base)
        .longs("reg", base, size)
        .cells("interrupts", source)
        .cells("interrupt-parent", plic.phandle());
  }

  private static void syscon(DeviceTree.Node node, String compatible, int regmap, int value) {
    node.strings("compatible", compatible).cells("regmap", regmap);
    node.cells("offset", 0).cells("value", value);
  }

  /** Two interrupts of each hart's own controller. */
  private int[] wires(int first, int second) {
    int[] cells = new int[4 * hartControllers.length];
    for (int hart = 0; hart < hartControllers.length; hart++) {
      cells[4 * hart] = hartControllers[hart];
      cells[4 * hart + 1] = first;
      cells[4 * hart + 2] = hartControllers[hart];
      cells[4 * hart + 3] = second;
    }
    return cells;
  }
}
