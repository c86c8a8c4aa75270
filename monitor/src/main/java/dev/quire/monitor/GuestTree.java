package dev.quire.monitor;

import dev.quire.machine.board.DeviceTree;
import dev.quire.machine.board.DeviceTree.Node;
import dev.quire.machine.device.GenerationId;
import dev.quire.machine.device.Plic;
import dev.quire.machine.device.Uart16550;
import java.util.SplittableRandom;

/** The device tree of a VM: exactly what it has, bound as QEMU virt's is. */
final class GuestTree {
  private static final String ISA_BASE = "rv64i";

  /** Without H, which a guest does not have; Svade or Svadu are added. */
  private static final String[] EXTENSIONS = {
    "i",
    "m",
    "a",
    "f",
    "d",
    "c",
    "zicbom",
    "zicboz",
    "zicntr",
    "zicsr",
    "zifencei",
    "zihintpause",
    "zba",
    "zbb",
    "zbs",
    "sstc",
    "svinval",
    "svnapot",
    "svpbmt"
  };

  private static final int TIMEBASE_HZ = 10_000_000;
  private static final int CACHE_BLOCK = 64;
  private static final int SUPERVISOR_EXTERNAL = 9;
  private static final int SEED_BYTES = 64;

  private final VmConfig config;
  private final int virtioDevices;
  private final long initrdStart;
  private final DeviceTree tree = new DeviceTree();

  /** {@code initrdStart} is a gpa, of no meaning if there is no initrd. */
  GuestTree(VmConfig config, int virtioDevices, long initrdStart) {
    this.config = config;
    this.virtioDevices = virtioDevices;
    this.initrdStart = initrdStart;
  }

  byte[] build() {
    Node root = tree.root();
    root.cells("#address-cells", 2).cells("#size-cells", 2);
    root.strings("compatible", "quire,vm").strings("model", "Quire virtual machine");
    chosen(root.child("chosen"));
    root.child("memory", GuestLayout.RAM)
        .strings("device_type", "memory")
        .longs("reg", GuestLayout.RAM, config.memory());
    Node[] controllers = cpus(root.child("cpus"));
    soc(root.child("soc"), controllers);
    return tree.flatten(0);
  }

  private void chosen(Node chosen) {
    SplittableRandom random = new SplittableRandom(config.seed());
    byte[] seed = new byte[SEED_BYTES];
    chosen.strings("bootargs", (config.append() + config.guestMode().limit()).strip());
    chosen.strings("stdout-path", "/soc/serial@" + Long.toHexString(GuestLayout.UART));
    chosen.longs("kaslr-seed", random.nextLong());
    random.nextBytes(seed);
    chosen.bytes("rng-seed", seed);
    GuestFile initrd = config.initrd();
    if (initrd != null) {
      chosen.longs("linux,initrd-start", initrdStart);
      chosen.longs("linux,initrd-end", initrdStart + initrd.size());
    }
  }

  /** Returns the interrupt controller of each CPU. */
  private Node[] cpus(Node cpus) {
    cpus.cells("#address-cells", 1).cells("#size-cells", 0);
    cpus.cells("timebase-frequency", TIMEBASE_HZ);
    Node[] controllers = new Node[config.cpus()];
    for (int id = 0; id < controllers.length; id++) {
      Node cpu = cpus.child("cpu", id);
      cpu.strings("device_type", "cpu").cells("reg", id).strings("status", "okay");
      cpu.strings("compatible", "riscv").strings("mmu-type", config.guestMode().mmuType());
      describeIsa(cpu);
      controllers[id] =
          cpu.child("interrupt-controller")
              .cells("#interrupt-cells", 1)
              .flag("interrupt-controller")
              .strings("compatible", "riscv,cpu-intc");
    }
    return controllers;
  }

  private void describeIsa(Node cpu) {
    String accessed = config.updatesAd() ? "svadu" : "svade";
    StringBuilder isa = new StringBuilder("rv64");
    String[] names = new String[EXTENSIONS.length + 1];
    for (int i = 0; i < EXTENSIONS.length; i++) {
      names[i] = EXTENSIONS[i];
      isa.append(names[i].length() > 1 ? "_" : "").append(names[i]);
    }
    names[EXTENSIONS.length] = accessed;
    cpu.strings("riscv,isa", isa + "_" + accessed);
    cpu.strings("riscv,isa-base", ISA_BASE).strings("riscv,isa-extensions", names);
    cpu.cells("riscv,cbom-block-size", CACHE_BLOCK).cells("riscv,cboz-block-size", CACHE_BLOCK);
  }

  private void soc(Node soc, Node[] controllers) {
    soc.cells("#address-cells", 2).cells("#size-cells", 2);
    soc.strings("compatible", "simple-bus").flag("ranges");
    int[] contexts = new int[2 * controllers.length];
    for (int i = 0; i < controllers.length; i++) {
      contexts[2 * i] = controllers[i].phandle();
      contexts[2 * i + 1] = SUPERVISOR_EXTERNAL;
    }
    Node plic = soc.child("interrupt-controller", GuestLayout.PLIC);
    plic.strings("compatible", "sifive,plic-1.0.0", "riscv,plic0");
    plic.longs("reg", GuestLayout.PLIC, Plic.SIZE).cells("riscv,ndev", Plic.MAX_SOURCE);
    plic.cells("#interrupt-cells", 1).cells("#address-cells", 0).flag("interrupt-controller");
    plic.cells("interrupts-extended", contexts);
    soc.child("serial", GuestLayout.UART)
        .strings("compatible", "ns16550a")
        .longs("reg", GuestLayout.UART, Uart16550.SIZE)
        .cells("clock-frequency", 3_686_400)
        .cells("interrupt-parent", plic.phandle())
        .cells("interrupts", GuestLayout.UART_SOURCE);
    soc.child("rng", GuestLayout.GENERATION)
        .strings("compatible", "microsoft,vmgenid")
        .longs("reg", GuestLayout.GENERATION, GenerationId.SIZE)
        .cells("interrupt-parent", plic.phandle())
        .cells("interrupts", GuestLayout.GENERATION_SOURCE);
    for (int i = 0; i < virtioDevices; i++) {
      long base = GuestLayout.VIRTIO + i * GuestLayout.VIRTIO_STRIDE;
      soc.child("virtio_mmio", base)
          .strings("compatible", "virtio,mmio")
          .longs("reg", base, GuestLayout.VIRTIO_STRIDE)
          .cells("interrupt-parent", plic.phandle())
          .cells("interrupts", GuestLayout.VIRTIO_SOURCE + i);
    }
  }
}
