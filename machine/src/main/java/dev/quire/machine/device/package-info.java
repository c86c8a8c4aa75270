/**
 * The devices of a RISC-V computer with QEMU virt's layout. The same classes serve the bare machine
 * and virtual machines; what differs is injected: guest time ({@link
 * dev.quire.machine.time.Timeline}), wires ({@link dev.quire.machine.bus.InterruptLine}) and memory
 * ({@link dev.quire.machine.memory.Dma}).
 *
 * <pre>
 *   0x02000000  Aclint         time, timer and software interrupts; wires to the harts
 *   0x0c000000  Plic           wires from devices, one wire to each hart context
 *   0x10000000  Uart16550      PLIC source 10; text goes to a ByteSink, comes in by receive()
 *   0x10001000  virtio.*       PLIC sources 1..8, one 4 KiB window each
 *   0x00100000  TestFinisher   power off and reset, through PowerSwitch
 *   (monitor's) GenerationId   16 bytes that change with each copy of the machine
 *   (symbols)   Htif           tohost and fromhost in memory, polled by the board
 * </pre>
 *
 * <p>Every device locks itself: hart threads and host input threads may call at any time. A device
 * calls its wires, sinks and the timeline while it holds its lock; the order of locks is device,
 * then interrupt controller, then hart.
 */
@NullMarked
package dev.quire.machine.device;

import org.jspecify.annotations.NullMarked;
