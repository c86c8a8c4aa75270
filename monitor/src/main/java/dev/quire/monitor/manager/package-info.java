/**
 * Memory management across virtual machines. It all happens on the thread of the machine's clock,
 * in steps of 100 ms of machine time, while the VMs run.
 *
 * <pre>
 *   MemoryManager     each step: accounting, ReclaimState; each period: Snapshot, with what each
 *                     VM's Sampler has seen, Policy, targets; then it brings each VM to its target:
 *     BalloonControl    how far a VM's balloon is inflated, and whether its BalloonDriver obeys
 *     ManagedProxy      a VM's proxy memory: its curve, and how much of the target its cache gets
 *     GuestMemory       evict: random pages go to the swap file
 *     VirtualMachine    hold: VMs over their target stand still while nothing else helps
 *   ManagedVm         one VM, its limits, and what was decided for it
 *   Move              memory that leaves a VM, from its beginning to its end: one sentence
 *   Stillness         a time in which a VM is held, again and again: two sentences
 *   MemoryEvent       what happened and why, for people
 * </pre>
 *
 * What is right to do is decided in {@code policy}, which is pure; how pages come and go, in {@code
 * memory}.
 */
@NullMarked
package dev.quire.monitor.manager;

import org.jspecify.annotations.NullMarked;
