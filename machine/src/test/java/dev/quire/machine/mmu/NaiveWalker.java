package dev.quire.machine.mmu;

import dev.quire.machine.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/** The manual's translation process, written down for reading; it changes nothing in memory. */
final class NaiveWalker {
  /** Causes are listed for 'r', 'w', 'x', 'c' (cache block), 'e' (HLVX) in this order. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;
    final int cause;
    final long gpa;
    final int instruction;

    Fault(char access, int[] causes, long gpa, int instruction) {
      this.cause = causes["rwxce".indexOf(access)];
      this.gpa = gpa;
      this.instruction = instruction;
    }
  }

  private static final int[] PAGE = {13, 15, 12, 15, 13};
  private static final int[] GUEST = {21, 23, 20, 23, 21};
  private static final int[] ACCESS = {5, 7, 1, 7, 5};
  final Map<Long, Long> updates = new HashMap<>();
  private final PhysicalMemory memory;
  private final TranslationState s;
  private final long blockedFrame;

  NaiveWalker(PhysicalMemory memory, TranslationState state, long blockedFrame) {
    this.memory = memory;
    this.s = state;
    this.blockedFrame = blockedFrame;
  }

  long translate(long va, char access, boolean user, boolean virtual) throws Fault {
    long pa = stage(virtual ? s.vsatp : s.satp, true, va, access, access, user, virtual, 0);
    pa = virtual ? stage(s.hgatp, false, pa, access, access, true, true, 0) : pa;
    return check(pa, access);
  }

  private long check(long hpa, char access) throws Fault {
    if (!memory.contains(hpa, 8) || (hpa & -4096L) == blockedFrame) {
      throw new Fault(access, ACCESS, 0, 0);
    }
    return hpa;
  }

  /** {@code access} is what is checked, {@code original} what is reported. */
  private long stage(
      long atp,
      boolean first,
      long va,
      char access,
      char original,
      boolean user,
      boolean virtual,
      int instruction)
      throws Fault {
    int levels = (int) (atp >>> 60) - 5;
    if (levels < 0) {
      return va;
    }
    var fault = new Fault(original, first ? PAGE : GUEST, first ? 0 : va, instruction);
    int width = 12 + 9 * levels;
    if (first ? va >> width - 1 != 0 && va >> width - 1 != -1 : va >>> width + 2 != 0) {
      throw fault;
    }
    boolean pbmte = first && virtual ? s.vsPbmte : s.pbmte;
    boolean mxr = instruction == 0 && (s.mxr || first && virtual && s.vsMxr);
    long table = atp << 20 >>> 8;
    for (int i = levels - 1; i >= 0; i--) {
      int shift = 12 + 9 * i;
      long pa = table + 8 * (va >>> shift & (!first && i == levels - 1 ? 2047 : 511));
      boolean nested = first && virtual;
      long at = nested ? stage(s.hgatp, false, pa, 'r', original, true, true, 0x3000) : pa;
      check(at, original);
      long pte = updates.containsKey(at) ? updates.get(at) : memory.readLong(at);
      boolean v = (pte & 1) != 0, r = (pte & 2) != 0, w = (pte & 4) != 0, x = (pte & 8) != 0;
      boolean u = (pte & 16) != 0, n = pte >>> 63 != 0;
      int pbmt = (int) (pte >>> 61 & 3);
      if (!v || !r && w || (pte >>> 54 & 127) != 0 || pbmt == 3 || pbmt != 0 && !pbmte) {
        throw fault;
      }
      if (!r && !x) {
        if (n || pbmt != 0 || u || (pte & 0xc0) != 0) {
          throw fault;
        }
        table = pte << 10 >>> 20 << 12;
        continue;
      }
      long ppn = pte << 10 >>> 20;
      int size = n ? 16 : shift;
      boolean misaligned = n ? i != 0 || (ppn & 15) != 8 : (ppn & (1L << shift - 12) - 1) != 0;
      boolean sum = first && access != 'x' && (virtual ? s.vsSum : s.sum);
      boolean allowed = access == 'w' ? w : access == 'x' || access == 'e' ? x : r || mxr && x;
      if (misaligned || !allowed || (user ? !u : u && !sum)) {
        throw fault;
      }
      long updated = pte | (access == 'w' ? 0xc0 : 0x40);
      if (updated != pte) {
        if (!(nested ? s.vsAdue : s.adue)) {
          throw fault;
        }
        check(nested ? stage(s.hgatp, false, pa, 'w', original, true, true, 0x3020) : pa, original);
        updates.put(at, updated);
      }
      return ppn << 12 >>> size << size | va & (1L << size) - 1;
    }
    throw fault;
  }
}
