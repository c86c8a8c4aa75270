/**
 * Who gets how much memory. Everything here is a pure function of a snapshot: the memory manager
 * makes one each period, asks, and carries the answer out with balloons and swap.
 *
 * <pre>
 *   Snapshot           one moment: MachineSnapshot, and a VmSnapshot for each VM
 *     |
 *   Policy             decides
 *     |
 *   Target             bytes for each VM, and why
 *
 *   ReclaimState       how short of free memory the machine is: HIGH, SOFT, HARD, LOW
 * </pre>
 */
@NullMarked
package dev.quire.monitor.policy;

import org.jspecify.annotations.NullMarked;
