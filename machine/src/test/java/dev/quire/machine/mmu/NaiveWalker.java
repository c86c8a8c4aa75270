package dev.quire.machine.mmu;

import dev.quire.machine.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/**
 * The manual's translation process, written down for reading; it changes nothing in memory. The
 * access is 'r', 'w', 'x', 'c' (cache block) or 'e' (HLVX).
 */
record NaiveWalker(
    PhysicalMemory memory, TranslationState s, long blocked, Map<Long, Long> updates) {
  /** {@code kind} is checked, {@code original} reported. */
  record Access(char kind, char original, boolean user, boolean virtual, int instruction) {
    Access implicit(char kind, int instruction) {
      return new Access(kind, original, true, true, instruction);
    }
  }

  static NaiveWalker of(PhysicalMemory memory, TranslationState state, long blocked) {
    return new NaiveWalker(memory, state, blocked, new HashMap<>());
  }

  long translate(long va, char kind, boolean user, boolean virtual) throws NaiveFault {
    var access = new Access(kind, kind, user, virtual, 0);
    long pa = stage(virtual ? s.vsatp : s.satp, true, va, access);
    return check(virtual ? stage(s.hgatp, false, pa, access.implicit(kind, 0)) : pa, access);
  }

  private long check(long hpa, Access access) throws NaiveFault {
    if (!memory.contains(hpa, 8) || (hpa & -4096L) == blocked) {
      throw new NaiveFault(NaiveFault.ACCESS, access, 0);
    }
    return hpa;
  }

  private long stage(long atp, boolean first, long va, Access access) throws NaiveFault {
    int levels = (int) (atp >>> 60) - 5;
    if (levels < 0) {
      return va;
    }
    int width = 12 + 9 * levels;
    boolean nested = first && access.virtual;
    boolean pbmte = nested ? s.vsPbmte : s.pbmte;
    boolean mxr = access.instruction == 0 && (s.mxr || nested && s.vsMxr);
    long extended = first ? va << 64 - width >> 64 - width : va & (4L << width) - 1;
    long table = atp << 20 >>> 8;
    for (int i = extended == va ? levels - 1 : -1; i >= 0; i--) {
      long pa = table + 8 * (va >>> 12 + 9 * i & (!first && i == levels - 1 ? 2047 : 511));
      long at = nested ? stage(s.hgatp, false, pa, access.implicit('r', 0x3000)) : pa;
      long pte = updates.getOrDefault(check(at, access), memory.readLong(at));
      boolean r = (pte & 2) != 0;
      boolean w = (pte & 4) != 0;
      boolean x = (pte & 8) != 0;
      long ppn = pte << 10 >>> 20;
      int pbmt = (int) (pte >>> 61 & 3);
      if ((pte & 1) == 0 || !r && w || (pte >>> 54 & 127) != 0 || pbmt == 3) {
        break;
      } else if (!r && !x && (pte & 1L << 63 | pbmt | pte & 0xd0) == 0) {
        table = ppn << 12;
        continue;
      }
      int size = pte < 0 ? 16 : 12 + 9 * i;
      boolean misaligned =
          pte < 0 ? i != 0 || (ppn & 15) != 8 : ppn << 64 + 12 - size != 0 && i > 0;
      boolean sum = first && access.kind != 'x' && (access.virtual ? s.vsSum : s.sum);
      boolean owned = (pte & 16) != 0 ? access.user || sum : !access.user;
      boolean allowed = "rc".indexOf(access.kind) >= 0 ? r || mxr && x : access.kind == 'w' ? w : x;
      long updated = pte | (access.kind == 'w' ? 0xc0 : 0x40);
      boolean update = nested ? s.vsAdue : s.adue;
      if (misaligned || !owned || !allowed || pbmt != 0 && !pbmte || updated != pte && !update) {
        break;
      }
      if (updated != pte) {
        check(nested ? stage(s.hgatp, false, pa, access.implicit('w', 0x3020)) : pa, access);
        updates.put(at, updated);
      }
      return ppn << 12 >>> size << size | va & (1L << size) - 1;
    }
    throw new NaiveFault(first ? NaiveFault.PAGE : NaiveFault.GUEST, access, first ? 0 : va);
  }
}
