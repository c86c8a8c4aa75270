/**
 * The ways in which a VM's memory is virtualized: what hgatp and vsatp point to, and which faults
 * come to the monitor.
 *
 * <p>{@link dev.quire.monitor.paging.PagingMethod} is what a vCPU talks to. {@link
 * dev.quire.monitor.paging.NestedPaging} lets the MMU walk the guest's own tables and the P2M, a
 * {@link dev.quire.monitor.paging.GStageTable} in machine memory.
 *
 * <p>Tables change under the VM's paging lock, which is the {@link
 * dev.quire.monitor.memory.GuestMemory} object.
 */
@NullMarked
package dev.quire.monitor.paging;

import org.jspecify.annotations.NullMarked;
