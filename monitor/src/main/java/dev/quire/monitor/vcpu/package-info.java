/**
 * Virtual CPUs: harts in VS- and VU-mode, and what the monitor does for them when they exit.
 *
 * <pre>
 *   Hart.run -> trap into HS -> Vcpu: by scause
 *     10          environment call        -> EcallHandler (the SBI)
 *     20, 21, 23  guest-page fault        -> NestedPaging, or a device (InstructionEmulator)
 *     12, 13, 15  page fault              -> TrappedPaging, or InstructionEmulator, or reflected
 *     22          virtual instruction     -> WFI, satp, SFENCE.VMA; others are illegal
 *     others      that are not delegated  -> reflected
 *   and back by sret
 * </pre>
 *
 * <p>{@link dev.quire.monitor.vcpu.HartSetup} does what firmware would have done before a monitor
 * starts; {@link dev.quire.monitor.vcpu.GuestContext} is the state that belongs to the guest alone.
 */
@NullMarked
package dev.quire.monitor.vcpu;

import org.jspecify.annotations.NullMarked;
