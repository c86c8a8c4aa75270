/**
 * Virtio devices behind the memory-mapped transport, after the OASIS Virtual I/O Device
 * specification 1.3 (modern devices only, split rings).
 *
 * <pre>
 *   guest registers --> VirtioMmio --> VirtioFunction: VirtioBlock, VirtioConsole, VirtioEntropy,
 *                           |                |                VirtioBalloon
 *   interrupt line  <-------+          Virtqueue.observe, pop, push
 *                                            |
 *   guest memory    <--------- Dma ----------+-- DescriptorChain.read, write
 * </pre>
 *
 * <p>The transport's monitor is the lock of the whole device. A function does all its work on rings
 * inside {@link dev.quire.machine.device.virtio.VirtioMmio#run}, where a hostile ring ends in one
 * place: {@link dev.quire.machine.device.virtio.VirtioFault} and {@link
 * dev.quire.machine.memory.DmaFault} set DEVICE_NEEDS_RESET, log a line, and the device is quiet
 * until the driver resets it.
 *
 * <p>A disk's contents are a {@link dev.quire.machine.device.virtio.BlockStore}; the board has
 * those that are image files. {@link dev.quire.machine.device.virtio.PageTransfers} is told of the
 * whole pages that it transfers.
 */
@NullMarked
package dev.quire.machine.device.virtio;

import org.jspecify.annotations.NullMarked;
