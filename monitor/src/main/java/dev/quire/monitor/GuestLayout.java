package dev.quire.monitor;

/** The guest-physical address map: QEMU virt's, as far as a VM has it. */
final class GuestLayout {
  static final long PLIC = 0x0c00_0000;
  static final long UART = 0x1000_0000;
  static final int UART_SOURCE = 10;
  static final long VIRTIO = 0x1000_1000;
  static final long VIRTIO_STRIDE = 0x1000;
  static final int VIRTIO_SOURCE = 1;
  static final long GENERATION = 0x1001_0000;
  static final int GENERATION_SOURCE = 11;
  static final long RAM = 0x8000_0000L;
  static final long KERNEL_OFFSET = 2 << 20;

  private GuestLayout() {}
}
