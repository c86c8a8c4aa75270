package dev.quire.monitor.explain;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Looks through all that the MMU can reach from the harts' vsatp and hgatp, and says what should
 * not be so:
 *
 * <ul>
 *   <li>a leaf leads to a frame that is not the VM's, to a page table, or to the frame of another
 *       gfn than the P2M says; or it lets the guest write what the method keeps;
 *   <li>a table lies in a frame that the guest can write;
 *   <li>a leaf is not what the guest's own entries come to: it may differ only if the method lets
 *       the guest write one of these entries, and never right after a fence;
 *   <li>a frame has another number of references than leaves of the P2M.
 * </ul>
 *
 * <p>Between two instructions of the guest, as all of this package.
 */
public final class TableAudit {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int ENTRIES = 512;
  private static final int ROOT_ENTRIES = 4 * ENTRIES;
  private static final int MOST_FINDINGS = 20;
  private static final long COPIED =
      PteBits.READ | PteBits.EXECUTE | PteBits.USER | PteBits.ACCESSED | PteBits.PBMT;

  private final VirtualMachine vm;
  private final PhysicalMemory machine;
  private final GuestMemory memory;
  private final FrameTable frames;
  private final boolean fenced;
  private final List<String> findings = new ArrayList<>();

  /** Of the vCPU that is looked at. */
  private int cpu;

  private long guestSatp;
  private int levels;

  /** What the guest's entries came to for one page. */
  private long guestGpa;

  private long guestLeaf;
  private boolean guestMayWrite;

  private TableAudit(VirtualMachine vm, boolean fenced) {
    this.vm = vm;
    this.machine = vm.machineMemory();
    this.memory = vm.memory();
    this.frames = vm.frames();
    this.fenced = fenced;
  }

  /**
   * What is wrong, a sentence each, at most some; empty if nothing is.
   *
   * @param fenced whether every vCPU has fenced all addresses since it last ran
   */
  public static List<String> findings(VirtualMachine vm, boolean fenced) {
    TableAudit audit = new TableAudit(vm, fenced);
    if (vm.choice() != PagingChoice.NATIVE) {
      synchronized (audit.memory) {
        audit.run();
      }
    }
    return audit.findings;
  }

  private void run() {
    checkFrames();
    for (GuestCpu each : vm.vcpus()) {
      cpu = each.id();
      guestSatp = vm.vcpus().get(cpu).satp();
      Csrs csrs = each.hart().csrs();
      long hgatp = csrs.peek(CsrNumber.HGATP);
      if (Space.levels(hgatp) != 0) {
        levels = Space.levels(hgatp);
        checkRoot(Space.root(hgatp) & -4L << SHIFT);
      } else {
        levels = Space.levels(csrs.peek(CsrNumber.VSATP));
        checkTable(Space.root(csrs.peek(CsrNumber.VSATP)), levels - 1, 0);
      }
    }
  }

  private void found(String format, Object... values) {
    if (findings.size() < MOST_FINDINGS) {
      findings.add(String.format(Locale.ROOT, "vCPU %d: ".formatted(cpu) + format, values));
    }
  }

  // ---- frames ------------------------------------------------------------------------------

  private void checkFrames() {
    long end = memory.base() + memory.size() >>> SHIFT;
    for (long gfn = memory.base() >>> SHIFT; gfn < end; gfn++) {
      if (memory.populatedFrame(gfn) < 0) {
        continue;
      }
      long hfn = memory.frameFor(gfn);
      if (memory.isShared(gfn)) {
        if (frames.group(hfn) != memory.group() || memory.kept(gfn) != 0) {
          found("frame 0x%x of gfn 0x%x is not the group's, or holds a table", hfn, gfn);
        }
      } else if (frames.references(hfn) != 1
          || !isOwn(hfn, Use.GUEST)
          || memory.gfnOf(hfn) != gfn) {
        found("frame 0x%x of gfn 0x%x is not its own, once", hfn, gfn);
      }
    }
  }

  private boolean isOwn(long hfn, Use use) {
    return machine.contains(hfn << SHIFT, 1L << SHIFT)
        && frames.use(hfn) == use
        && frames.owner(hfn) == memory.vm();
  }

  // ---- the G stage -------------------------------------------------------------------------

  private void checkRoot(long root) {
    for (int i = 0; i < ROOT_ENTRIES; i++) {
      checkGStage(
          machine.readLong(root + 8L * i), levels - 1, (long) i << PteBits.shift(levels - 1));
    }
  }

  private void checkGStage(long pte, int level, long gpa) {
    if ((pte & PteBits.VALID) == 0) {
      return;
    }
    long target = PteBits.address(pte);
    if (PteBits.isLeaf(pte)) {
      for (long i = 0; i < 1L << PteBits.shift(level) - SHIFT; i++) {
        long gfn = (gpa >>> SHIFT) + i;
        if (memory.populatedFrame(gfn) != (target >>> SHIFT) + i) {
          found("gpa 0x%x leads to 0x%x, against the P2M", gpa + (i << SHIFT), target);
        } else if ((pte & PteBits.WRITE) != 0 && memory.isReadOnly(gfn)) {
          found("gpa 0x%x is read-only, and can be written", gpa + (i << SHIFT));
        }
      }
    } else if (!isOwn(target >>> SHIFT, Use.TABLE)) {
      found("the P2M's table for gpa 0x%x is at 0x%x, in no table's frame", gpa, target);
    } else {
      for (int i = 0; i < ENTRIES; i++) {
        long entry = machine.readLong(target + 8L * i);
        checkGStage(entry, level - 1, gpa + ((long) i << PteBits.shift(level - 1)));
      }
    }
  }

  // ---- one stage ---------------------------------------------------------------------------

  private void checkTable(long table, int level, long from) {
    long gfn = memory.gfnOf(table >>> SHIFT);
    boolean kept = gfn >= 0 && (memory.kept(gfn) & GuestMemory.OWN_WRITES) != 0;
    if (!kept && !isOwn(table >>> SHIFT, Use.TABLE)) {
      found("the table for 0x%x is at 0x%x, where the guest may write", from, table);
      return;
    }
    for (int i = 0; i < ENTRIES; i++) {
      long pte = machine.readLong(table + 8L * i);
      long gva = from + ((long) i << PteBits.shift(level));
      if ((pte & PteBits.VALID) == 0) {
        continue;
      }
      if (PteBits.faults(pte, level, false, true) || (pte & PteBits.GLOBAL) != 0) {
        found("entry 0x%x for 0x%x is none that a method makes", pte, gva);
      } else if (PteBits.isLeaf(pte)) {
        checkLeaf(pte, level, gva);
      } else {
        checkTable(PteBits.address(pte), level - 1, gva);
      }
    }
  }

  private void checkLeaf(long pte, int level, long from) {
    int unused = 64 - PteBits.shift(levels);
    for (long i = 0; i < 1L << PteBits.shift(level) - SHIFT; i++) {
      long gva = from + (i << SHIFT) << unused >> unused;
      long hfn = (PteBits.address(pte) >>> SHIFT) + i;
      if (machine.contains(hfn << SHIFT, 1L << SHIFT) && frames.use(hfn) == Use.SHARED) {
        checkShared(pte, gva, hfn);
        continue;
      }
      long gfn = memory.gfnOf(hfn);
      if (gfn < 0 || !isOwn(hfn, Use.GUEST)) {
        found("0x%x leads to frame 0x%x, which is not the VM's", gva, hfn);
        continue;
      }
      int forbidden = GuestMemory.OWN_READS;
      forbidden |= (pte & PteBits.WRITE) != 0 ? GuestMemory.OWN_WRITES : 0;
      if ((memory.kept(gfn) & forbidden) != 0) {
        found("0x%x leads to gfn 0x%x, a page table", gva, gfn);
      }
      if ((pte & PteBits.WRITE) != 0 && memory.isReadOnly(gfn)) {
        found("0x%x leads to gfn 0x%x, which is read-only, and can be written", gva, gfn);
      }
      compose(pte, gva, gfn);
    }
  }

  /** What a shared frame stands behind, only the guest's own tables can say. */
  private void checkShared(long pte, long gva, long hfn) {
    if (frames.group(hfn) != memory.group() || (pte & PteBits.WRITE) != 0) {
      found("0x%x leads to the shared frame 0x%x, of another group or to write", gva, hfn);
      return;
    }
    boolean translates = Space.levels(guestSatp) != 0;
    boolean mapped = !translates || readGuest(gva);
    long gfn = (translates ? guestGpa : gva) >>> SHIFT;
    if (mapped && memory.populatedFrame(gfn) == hfn) {
      compose(pte, gva, gfn);
    } else if ((pte & PteBits.ACCESSED) != 0 && (fenced || !guestMayWrite)) {
      found("0x%x leads to the shared frame 0x%x, against the P2M", gva, hfn);
    }
  }

  /** Compares a leaf with what the guest's own entries come to. */
  private void compose(long pte, long gva, long gfn) {
    if (Space.levels(guestSatp) == 0) {
      if (gva >>> SHIFT != gfn) {
        found("0x%x leads to gfn 0x%x without translation", gva, gfn);
      }
      return;
    }
    boolean used = (pte & PteBits.ACCESSED) != 0; // or the MMU raises a fault instead
    boolean same =
        !used
            || readGuest(gva)
                && guestGpa >>> SHIFT == gfn
                && ((pte ^ guestLeaf) & COPIED) == 0
                && (!isWritable(pte) || isWritable(guestLeaf));
    if (!same && (fenced || !guestMayWrite)) {
      found("0x%x leads to gfn 0x%x by 0x%x, the guest's is 0x%x", gva, gfn, pte, guestLeaf);
    }
  }

  private static boolean isWritable(long leaf) {
    return (leaf & PteBits.WRITE) != 0 && (leaf & PteBits.DIRTY) != 0;
  }

  /** Walks the guest's own tables; false if they map nothing there. */
  private boolean readGuest(long gva) {
    long table = Space.root(guestSatp);
    guestMayWrite = false;
    guestLeaf = 0;
    for (int level = Space.levels(guestSatp) - 1; level >= 0; level--) {
      long at = table + ((gva >>> PteBits.shift(level) & ENTRIES - 1) << 3);
      if (!memory.contains(at, 8)) {
        return false;
      }
      guestMayWrite |= (memory.kept(at >>> SHIFT) & GuestMemory.OWN_WRITES) == 0;
      long pte = memory.peekEntry(at);
      if (PteBits.faults(pte, level, true, true)) {
        return false;
      }
      if (PteBits.isLeaf(pte)) {
        long offset = (1L << PteBits.shift(pte, level)) - 1;
        guestGpa = PteBits.address(pte) & ~offset | gva & offset;
        guestLeaf = pte;
        return true;
      }
      table = PteBits.address(pte);
    }
    return false;
  }
}
