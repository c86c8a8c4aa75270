/**
 * Address translation. A hart calls {@link dev.quire.machine.mmu.Mmu} for every load, store, fetch
 * and atomic; what cannot be done is thrown as its guest trap.
 *
 * <p>In the order of a load that misses everywhere:
 *
 * <pre>
 *   Mmu          L1 compare; else misalignment, PMP, RAM or bus
 *   Translator   L2Tlb, else the walker; fences become flushes here
 *   Walker       the single stage or the VS stage, entry by entry (PteBits, Mode, AccessType)
 *   GStage       guest-physical to machine address, for each table entry and for the result
 * </pre>
 *
 * <p>At a first reading skip the caches: with all sizes of {@link dev.quire.machine.mmu.MmuConfig}
 * 0 nothing is cached and everything works. They are L1Tlb (one for each mode and kind of access,
 * in L1Tlbs), L2Tlb, WalkCache and NestedTlb. Entries are tagged with a Space (VMID, ASID, modes)
 * and stamped by a FlushClock, so that the fence of an address space costs a few stores. Those of
 * guests know their GuestLeaf, too: a fence by guest-physical address looks for that in each.
 *
 * <p>The hart's CSRs reach this package as {@link dev.quire.machine.mmu.TranslationState}.
 */
@NullMarked
package dev.quire.machine.mmu;

import org.jspecify.annotations.NullMarked;
