/**
 * The monitor: virtual machines and how their memory is virtualized and managed.
 *
 * <pre>
 *   VmConfig -> VirtualMachine: PhysicalMemory, FrameTable, GuestMemory, PagingMethod
 *                               GuestDevices (bus, PLIC, UART, virtio), Sbi, Vcpus, Clock
 *               GuestLoader:    kernel, initramfs and GuestTree (device tree) into GuestMemory
 *               SavedState:     or, instead, what it goes on from
 *               run():          the clock runs the vCPUs until power-off
 * </pre>
 *
 * <p>Packages: {@code memory} (frames and the P2M), {@code paging} (the paging methods), {@code
 * vcpu} (exits), {@code sbi} (the firmware interface). Each may know those before it.
 */
@NullMarked
package dev.quire.monitor;

import org.jspecify.annotations.NullMarked;
