/**
 * Who gets how much memory. Everything here is a pure function of a snapshot: the memory manager
 * makes one each period, asks, and carries the answer out with balloons and swap.
 *
 * <pre>
 *   Snapshot           one moment: MachineSnapshot, and a VmSnapshot for each VM with its Activity
 *     |              and ProxySnapshot
 *     |
 *   Policy             decides; found by name in Policies: the built-in ones, and the user's own
 *     |                (which CheckedPolicy holds to the contract)
 *     |  StaticPolicy    static: by size
 *     |  SharesPolicy    proportional, idle-tax: by shares, use, and need
 *     |    Demand          what a VM wants, and how much of it is active
 *     |    Vessel          what that costs; the level to which the budget fills all of them
 *     |    Verdict         why, in words
 *     |  MissRatioPolicy  miss-ratio: where it avoids most misses, by the curves of proxy memory
 *     |    Entitlements    what each VM may have in any case, and its proportional share
 *     |    Claim           what one VM gets, step by step along its ConvexHull
 *     |    MissVerdict     why, in words
 *     |
 *   Target             bytes for each VM, and why
 *
 *   ReclaimState       how short of free memory the machine is: HIGH, SOFT, HARD, LOW
 * </pre>
 */
@NullMarked
package dev.quire.monitor.policy;

import org.jspecify.annotations.NullMarked;
