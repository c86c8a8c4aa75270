package dev.quire.monitor.paging;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.Mode;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import java.util.function.LongUnaryOperator;

/**
 * The monitor's own walk of a guest's table, its V2P, as the guest's hart would walk it (privileged
 * manual, "Virtual Address Translation Process"), reading the guest's own values. It counts
 * nothing. One object serves one vCPU, and leaves what it found in its fields.
 */
public final class GuestWalk {
  /** The translation is in the fields; whether anything is at {@link #gpa} is another question. */
  public static final int OK = 0;

  public static final int PAGE_FAULT = 1;

  /** A table, or the address without translation, is outside of what the guest has. */
  public static final int ACCESS_FAULT = 2;

  /** A vCPU changed the leaf meanwhile: it is to be read again. */
  private static final int CHANGED = 3;

  /** Levels of the largest format, Sv57. */
  public static final int MAX_LEVELS = 5;

  private static final int BARE_BITS = 56;

  private final GuestMemory memory;
  private final boolean updatesAd;
  private final LongUnaryOperator reader;

  /** After {@link #OK}: the gpa of the byte asked for. */
  public long gpa;

  /** Level of the leaf, 0 for 4 KiB; 0 too when the guest does not translate. */
  public int level;

  /** The leaf, A and D as they are after the walk; 0 when the guest does not translate. */
  public long leaf;

  /** Whether the leaf, or an entry above it, has G. */
  public boolean global;

  /** The gpa of the entry read at each level, and its value; from the root down to the last. */
  public final long[] entryGpa = new long[MAX_LEVELS];

  public final long[] entry = new long[MAX_LEVELS];

  /** Levels of the format: the root's entry is at {@code levels - 1}; 0 without translation. */
  public int levels;

  /** The lowest level at which an entry was read; {@link #levels} if none was. */
  public int lowest;

  /**
   * @param updatesAd whether a walk sets the guest's accessed and dirty bits (Svadu), or faults
   *     where they are not set (Svade)
   */
  public GuestWalk(GuestMemory memory, boolean updatesAd) {
    this(memory, updatesAd, memory::readEntry);
  }

  private GuestWalk(GuestMemory memory, boolean updatesAd, LongUnaryOperator reader) {
    this.memory = memory;
    this.updatesAd = updatesAd;
    this.reader = reader;
  }

  /** One that finds out where an address leads, and is no access of the guest's. */
  public static GuestWalk unnoticed(GuestMemory memory) {
    return new GuestWalk(memory, false, memory::peekEntry);
  }

  /** The mode of an access for {@link #walk}; SUM and MXR as in vsstatus. */
  public static int mode(boolean user, boolean sum, boolean mxr) {
    int privilege = user ? Privilege.U : Privilege.S;
    return privilege | (sum && !user ? Mode.SUM : 0) | (mxr ? Mode.MXR : 0);
  }

  /** Whether a mode is VU-mode. */
  static boolean isUser(int mode) {
    return (mode & 3) == Privilege.U;
  }

  /** Whether walks set accessed and dirty bits (Svadu). */
  boolean updatesAd() {
    return updatesAd;
  }

  /** Whether the leaf is one of 64 KiB (Svnapot). */
  public boolean napot() {
    return leaf < 0;
  }

  /** The leaf's memory type (Svpbmt), 0 to 2. */
  public int memoryType() {
    return (int) ((leaf & PteBits.PBMT) >>> 61);
  }

  /** log2 of the bytes that the leaf maps. */
  public int shift() {
    return PteBits.shift(leaf, level);
  }

  /**
   * Translates {@code gva}.
   *
   * @param satp as the guest sees it
   * @param access one of {@link AccessType}
   * @param mode from {@link #mode}
   * @return {@link #OK}, {@link #PAGE_FAULT} or {@link #ACCESS_FAULT}
   */
  public int walk(long satp, long gva, int access, int mode) {
    levels = Space.levels(satp);
    lowest = levels;
    global = false;
    if (levels == 0) {
      return bare(gva);
    }
    if (!PteBits.canonical(gva, levels)) {
      return PAGE_FAULT;
    }
    synchronized (memory) {
      return descend(Space.root(satp), gva, access, mode);
    }
  }

  private int bare(long gva) {
    gpa = gva;
    level = 0;
    leaf = 0;
    return gva >>> BARE_BITS == 0 ? OK : ACCESS_FAULT;
  }

  private int descend(long root, long gva, int access, int mode) {
    long table = root;
    for (int i = levels - 1; i >= 0; i--) {
      long at = table + ((gva >>> PteBits.shift(i) & 511) << 3);
      if (!memory.contains(at, 8)) {
        return ACCESS_FAULT;
      }
      long pte = reader.applyAsLong(at);
      lowest = i;
      entryGpa[i] = at;
      entry[i] = pte;
      if (PteBits.faults(pte, i, true, true)) {
        return PAGE_FAULT;
      }
      global |= (pte & PteBits.GLOBAL) != 0;
      if (PteBits.isLeaf(pte)) {
        int outcome = finish(pte, gva, access, mode);
        if (outcome == CHANGED) {
          i++;
          continue;
        }
        return outcome;
      }
      table = PteBits.address(pte);
    }
    return PAGE_FAULT;
  }

  private int finish(long pte, long gva, int access, int mode) {
    if (!Mode.permits(pte, access, mode)) {
      return PAGE_FAULT;
    }
    long updated = pte | PteBits.accessedDirty(access);
    if (updated != pte) {
      if (!updatesAd) {
        return PAGE_FAULT;
      }
      if (!memory.compareAndSetEntry(entryGpa[lowest], pte, updated)) {
        return CHANGED;
      }
    }
    level = lowest;
    entry[level] = updated;
    leaf = updated;
    long offset = (1L << shift()) - 1;
    gpa = PteBits.address(pte) & ~offset | gva & offset;
    return OK;
  }
}
