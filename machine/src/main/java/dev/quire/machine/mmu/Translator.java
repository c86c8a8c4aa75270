package dev.quire.machine.mmu;

import dev.quire.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * From address to machine address: the second-level TLB, and behind it the walker with its caches.
 * Where fences are turned into flushes of each.
 */
final class Translator {
  private final WalkStatistics statistics;
  private final L2Tlb l2;
  private final Walker walker;

  /** The result of the last translation that succeeded. */
  long hpa;

  /** log2 of the size of the first-stage leaf that it came from. */
  int firstShift;

  /** The {@link GuestLeaf} that it went through. */
  long guestLeaf;

  Translator(PhysicalMemory memory, Pmp pmp, WalkStatistics statistics, MmuConfig config) {
    this.statistics = statistics;
    this.l2 = new L2Tlb(config.l2());
    this.walker = new Walker(memory, pmp, statistics, config);
  }

  /** Says who is told of the entries that walks read; null if nobody. */
  void trace(@Nullable ReferenceListener listener) {
    walker.trace(listener);
  }

  void configure(TranslationState state) {
    walker.configure(state);
  }

  /** Sets {@link #hpa} and returns {@link Walker#OK}, or returns the fault. */
  int translate(long gva, int access, int mode) {
    if (walker.bare(mode)) {
      hpa = gva;
      firstShift = PteBits.shift(0);
      guestLeaf = GuestLeaf.NONE;
      return gva >>> 56 == 0 ? Walker.OK : Walker.ACCESS_FAULT;
    }
    long space = walker.space(Mode.virtual(mode));
    int entry = l2.find(gva, space);
    if (entry >= 0 && permits(l2.permissions(entry), access, mode)) {
      statistics.l2Hits++;
      hpa = l2.hpa(entry, gva);
      firstShift = l2.firstShift(entry);
      guestLeaf = l2.guestLeaf(entry);
      return Walker.OK;
    }
    statistics.l2Misses++;
    int outcome = walker.walk(gva, access, mode);
    if (outcome == Walker.OK) {
      hpa = walker.hpa;
      firstShift = walker.firstShift;
      guestLeaf = walker.guestLeaf;
      l2.fill(gva, space, hpa, walker.shift, firstShift, walker.permissions, guestLeaf);
    }
    return outcome;
  }

  /** The entry's permissions know nothing of MXR: what only MXR allows takes a walk. */
  private boolean permits(int permissions, int access, int mode) {
    if (walker.firstBare(mode)) {
      return (permissions & AccessType.pteNeed(access, false)) != 0;
    }
    return Mode.permits(permissions, access, Mode.withoutMxr(mode));
  }

  /** After a guest-page fault: the guest-physical address. */
  long faultGpa() {
    return walker.faultGpa;
  }

  /** After a guest-page fault: the pseudoinstruction for htinst, or 0. */
  int faultInstruction() {
    return walker.implicit;
  }

  /** The L1 TLBs hold translations of the current ASIDs and VMID only. */
  boolean isCurrentAsid(boolean virtual, int asid) {
    long space = walker.space(virtual);
    return Space.asid(space) == Space.asid(Space.withAsid(space, asid));
  }

  boolean isCurrentVmid(int vmid) {
    return Space.machine(walker.space(true)) == Space.machine(Space.ofVmid(vmid));
  }

  void flushAll() {
    l2.flushAll();
    walker.flushAll();
  }

  /** sfence.vma with V=0, or hfence.vvma and sfence.vma with V=1 for the current VMID. */
  void fence(boolean virtual, long gva, int asid, boolean byAddress, boolean byAsid) {
    long space = Space.withAsid(walker.space(virtual), asid);
    if (byAddress) {
      if (byAsid) {
        l2.flushAddressOfSpace(gva, space);
      } else {
        l2.flushAddress(gva, space);
      }
    } else if (byAsid) {
      l2.flushSpace(space);
      walker.flushSpace(space);
    } else {
      l2.flushMachine(space);
      walker.flushMachine(space);
    }
  }

  /** hfence.gvma: by address, whatever goes through that {@link GuestLeaf}. */
  void fenceGuestPhysical(long gpa, int vmid, boolean byAddress, boolean byVmid) {
    if (!byVmid) {
      flushAll();
      return;
    }
    long space = Space.ofVmid(vmid);
    if (byAddress) {
      l2.flushGuestPhysical(gpa, space);
      walker.flushGuestPhysical(gpa, space);
    } else {
      l2.flushMachine(space);
      walker.flushMachine(space);
      walker.gStage.flushMachine(space);
    }
  }
}
