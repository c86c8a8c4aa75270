/**
 * The ways in which a VM's memory is virtualized: what hgatp and vsatp point to, and which faults
 * come to the monitor.
 *
 * <pre>
 *   PagingMethod         what a vCPU and GuestMemory talk to
 *     NestedPaging       the MMU walks the guest's tables and the P2M (GStageTable)
 *     TrappedPaging      the MMU walks one table; page faults, satp and fences trap
 *       ShadowPageTables, LazyShadowTables
 *       ProtectedPageTables, with HookedTables
 *   VmPaging             the method of the moment, and how it changes
 *   GuestWalk            the monitor's own walk of a guest's table
 *   V2m, V2mPage         tables that the monitor builds, and the reverse map
 *   AddressSpaces        the guest's address spaces and their ASIDs in the machine
 *   TlbShootdown         taking translations out of all TLBs; TlbFence: what a guest's fence means
 * </pre>
 *
 * <p>Tables change under the VM's paging lock, which is the {@link
 * dev.quire.monitor.memory.GuestMemory} object.
 */
@NullMarked
package dev.quire.monitor.paging;

import org.jspecify.annotations.NullMarked;
