package dev.quire.monitor;

import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.Plic;
import dev.quire.machine.device.Uart16550;
import java.util.List;

/** A VM's devices: the machine's models, wired to the vCPUs and to guest memory. */
final class GuestDevices {
  private final AddressMap map = new AddressMap();
  private final Plic plic;
  private final Uart16550 uart;

  /** {@code external}: each vCPU's external interrupt, in the order of their ids. */
  GuestDevices(List<InterruptLine> external, ByteSink console) {
    plic = new Plic(external);
    uart = new Uart16550(plic.source(GuestLayout.UART_SOURCE), console);
    map.add(GuestLayout.PLIC, Plic.SIZE, plic);
    map.add(GuestLayout.UART, Uart16550.SIZE, uart);
  }

  AddressMap map() {
    return map;
  }

  Uart16550 uart() {
    return uart;
  }
}
