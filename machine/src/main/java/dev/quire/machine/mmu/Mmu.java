package dev.quire.machine.mmu;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.bus.Bus;
import dev.quire.machine.bus.BusFault;
import dev.quire.machine.memory.HostMemory;
import dev.quire.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * A hart's memory: every load, store, fetch and atomic goes through here. Driven by one thread at a
 * time. Whatever cannot be done fills the hart's {@link GuestTrap} and throws it.
 *
 * <p>The way of a load: {@link #loadLong} compares one L1 entry; on a match the page is RAM, may be
 * read in this mode, and the access is aligned, and it is done. Anything else goes to {@link
 * #loadSlow}: misaligned accesses are split by page; {@link Translator} looks into the L2 TLB and
 * walks the tables; PMP is checked; RAM is read or the bus asked; and if the page is RAM that PMP
 * treats alike throughout, the L1 entry is filled. Stores and fetches are the same.
 *
 * <p>Pages that hold decoded code never enter a store TLB: stores to them go through {@link
 * PhysicalMemory}, which tells the owner of the code.
 *
 * <p>While references are told to somebody ({@link #trace}), the fast way finds nothing in L1, and
 * the slow one looks there first: so each access is seen, and the TLBs are used as ever.
 */
public final class Mmu {
  /** In what {@link #fetchPage} returns: PMP does not treat all of the page alike. */
  public static final long SPLIT = 1;

  private static final int BLOCK = 64;
  private static final long PAGE = -4096L;

  private final PhysicalMemory memory;
  private final Bus bus;
  private final TranslationState state;
  private final GuestTrap trap;
  private final boolean misalignedOk;
  private final Pmp pmp = new Pmp();
  private final WalkStatistics statistics = new WalkStatistics();
  private final Translator translator;
  private final L1Tlbs l1;

  /** Selects an L1 entry's index from a gva shifted right by 11. */
  private final int l1Mask;

  // The current modes, and their L1 TLBs' entries.
  private int fetchMode;
  private int dataMode;
  private long[] fetchTlb;
  private long[] loadTlb;
  private long[] storeTlb;

  private boolean devicesAllowed = true;
  private final SeenState seen = new SeenState();

  /** Who is told of each reference; null if nobody is. */
  private @Nullable ReferenceListener references;

  /**
   * @param bus what is not RAM
   * @param state the hart's; the MMU reads it in {@link #contextChanged} only
   * @param trap the hart's, thrown for every fault
   * @param misalignedOk whether misaligned loads and stores work; atomics never do
   */
  public Mmu(
      MmuConfig config,
      PhysicalMemory memory,
      Bus bus,
      TranslationState state,
      GuestTrap trap,
      boolean misalignedOk) {
    this.memory = memory;
    this.bus = bus;
    this.state = state;
    this.trap = trap;
    this.misalignedOk = misalignedOk;
    this.translator = new Translator(memory, pmp, statistics, config);
    this.l1 = new L1Tlbs(config.l1());
    this.l1Mask = L1Tlb.indexMask(config.l1());
    contextChanged();
  }

  public WalkStatistics statistics() {
    return statistics;
  }

  /** Whether loads and stores may reach devices, or throw {@link DeviceAccess} instead. */
  public void allowDevices(boolean allowed) {
    devicesAllowed = allowed;
  }

  /**
   * Says who is told of each reference from now on; null if nobody. While the hart stands still.
   */
  public void trace(@Nullable ReferenceListener listener) {
    references = listener;
    translator.trace(listener);
    contextChanged();
  }

  /** Whether somebody is told of each reference. */
  public boolean isTraced() {
    return references != null;
  }

  // ---- context ----------------------------------------------------------------------------

  /**
   * To be called after any change of {@link TranslationState}; takes a few nanoseconds when only
   * the mode changed. Flushes what the change makes invalid without a fence.
   */
  public void contextChanged() {
    int changes = seen.update(state);
    if (changes != 0) {
      apply(changes);
    }
    fetchMode = Mode.ofFetch(state);
    dataMode = Mode.ofData(state);
    if (references == null) {
      fetchTlb = l1.fetch(fetchMode).entries();
      loadTlb = l1.load(dataMode).entries();
      storeTlb = l1.store(dataMode).entries();
    } else {
      fetchTlb = l1.none().entries();
      loadTlb = fetchTlb;
      storeTlb = fetchTlb;
    }
  }

  private void apply(int changes) {
    translator.configure(state);
    if ((changes & SeenState.RULES) != 0) {
      pmp.configure(state.pmpcfg, state.pmpaddr);
      translator.flushAll();
      l1.flushAll();
    }
    if ((changes & SeenState.HOST_TABLES) != 0) {
      l1.flush(false);
    }
    if ((changes & SeenState.GUEST_TABLES) != 0) {
      l1.flush(true);
    }
  }

  // ---- loads ------------------------------------------------------------------------------

  /** Sign-extended, like the next three. */
  public long loadByte(long gva) {
    long[] tlb = loadTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & PAGE)) {
      return HostMemory.getByte(gva + tlb[entry + 1]);
    }
    return loadSlow(gva, 1);
  }

  public long loadShort(long gva) {
    long[] tlb = loadTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 1))) {
      return HostMemory.getShort(gva + tlb[entry + 1]);
    }
    return loadSlow(gva, 2);
  }

  public long loadInt(long gva) {
    long[] tlb = loadTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 3))) {
      return HostMemory.getInt(gva + tlb[entry + 1]);
    }
    return loadSlow(gva, 4);
  }

  public long loadLong(long gva) {
    long[] tlb = loadTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 7))) {
      return HostMemory.getLong(gva + tlb[entry + 1]);
    }
    return loadSlow(gva, 8);
  }

  private long loadSlow(long gva, int size) {
    return load(gva, size, AccessType.LOAD, dataMode);
  }

  private long load(long gva, int size, int access, int mode) {
    if ((gva & size - 1) == 0) {
      return read(locate(gva, size, access, mode), size, gva, access, mode);
    }
    if (!misalignedOk) {
      throw trap.of(Cause.LOAD_MISALIGNED, gva, Mode.virtual(mode));
    }
    int head = headLength(gva, size);
    long low = locateAnew(gva, head, access, mode);
    if (head == size) {
      return readRam(low, size);
    }
    long high = locateAnew(gva + head, size - head, access, mode);
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      long hpa = i < head ? low + i : high + (i - head);
      value = value << 8 | memory.readByte(hpa) & 0xff;
    }
    int unused = 64 - 8 * size;
    return value << unused >> unused;
  }

  // ---- stores -----------------------------------------------------------------------------

  /** Stores the low 8 bits of {@code value}; the next three 16, 32, 64. */
  public void storeByte(long gva, long value) {
    long[] tlb = storeTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & PAGE)) {
      HostMemory.putByte(gva + tlb[entry + 1], (byte) value);
    } else {
      storeSlow(gva, 1, value);
    }
  }

  public void storeShort(long gva, long value) {
    long[] tlb = storeTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 1))) {
      HostMemory.putShort(gva + tlb[entry + 1], (short) value);
    } else {
      storeSlow(gva, 2, value);
    }
  }

  public void storeInt(long gva, long value) {
    long[] tlb = storeTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 3))) {
      HostMemory.putInt(gva + tlb[entry + 1], (int) value);
    } else {
      storeSlow(gva, 4, value);
    }
  }

  public void storeLong(long gva, long value) {
    long[] tlb = storeTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | 7))) {
      HostMemory.putLong(gva + tlb[entry + 1], value);
    } else {
      storeSlow(gva, 8, value);
    }
  }

  private void storeSlow(long gva, int size, long value) {
    store(gva, size, value, dataMode);
  }

  private void store(long gva, int size, long value, int mode) {
    if ((gva & size - 1) == 0) {
      write(locate(gva, size, AccessType.STORE, mode), size, value, gva, mode);
      return;
    }
    if (!misalignedOk) {
      throw trap.of(Cause.STORE_MISALIGNED, gva, Mode.virtual(mode));
    }
    int head = headLength(gva, size);
    long low = locateAnew(gva, head, AccessType.STORE, mode);
    if (head == size) {
      writeRam(low, size, value);
      return;
    }
    long high = locateAnew(gva + head, size - head, AccessType.STORE, mode);
    for (int i = 0; i < size; i++) {
      long hpa = i < head ? low + i : high + (i - head);
      memory.writeByte(hpa, (byte) (value >>> 8 * i));
    }
  }

  /** How many of {@code size} bytes lie in the page of {@code gva}. */
  private static int headLength(long gva, int size) {
    return (int) Math.min(size, 4096 - (gva & 4095));
  }

  // ---- everything else that a hart does to memory -----------------------------------------

  /**
   * The hpa of the 4 KiB frame, always RAM, from which {@code gva} is fetched. Where PMP splits the
   * page, {@link #SPLIT} is added, and only the two bytes at {@code gva} may be executed.
   */
  public long fetchPage(long gva) {
    long[] tlb = fetchTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & PAGE)) {
      return tlb[entry + 1];
    }
    long frame = locateRam(gva, 2, AccessType.FETCH, fetchMode) & PAGE;
    int privilege = Mode.privilege(fetchMode);
    return pmp.check(frame, 4096, Pmp.EXECUTE, privilege) == Pmp.ALLOW ? frame : frame | SPLIT;
  }

  /** The hpa of the two bytes at {@code gva}, which may be executed. */
  public long fetchAddress(long gva) {
    return (fetchPage(gva) & PAGE) + (gva & ~PAGE);
  }

  /**
   * The host address of the 4 or 8 bytes, always aligned RAM, that LR ({@code write} false) or SC
   * and AMO ({@code write} true) work on. After a write the hart calls {@link #amoWritten}.
   */
  public long amoAddress(long gva, int size, boolean write) {
    long[] tlb = write ? storeTlb : loadTlb;
    int entry = (int) (gva >>> 11) & l1Mask;
    if (tlb[entry] == (gva & (PAGE | size - 1))) {
      return gva + tlb[entry + 1];
    }
    if ((gva & size - 1) != 0) {
      int cause = write ? Cause.STORE_MISALIGNED : Cause.LOAD_MISALIGNED;
      throw trap.of(cause, gva, Mode.virtual(dataMode));
    }
    int access = write ? AccessType.STORE : AccessType.LOAD;
    return memory.hostAddress(locateRam(gva, size, access, dataMode), size);
  }

  /** Drops code decoded from the bytes at a host address that {@link #amoAddress} gave. */
  public void amoWritten(long hostAddress, int size) {
    memory.writtenAt(hostAddress, size);
  }

  /** HLV and, with {@code execute}, HLVX; sign-extended. */
  public long hypervisorLoad(long gva, int size, boolean execute) {
    int access = execute ? AccessType.LOAD_EXECUTABLE : AccessType.LOAD;
    return load(gva, size, access, hypervisorMode());
  }

  /** HSV. */
  public void hypervisorStore(long gva, int size, long value) {
    store(gva, size, value, hypervisorMode());
  }

  private int hypervisorMode() {
    return Mode.of(state, state.spvp ? Privilege.S : Privilege.U, true);
  }

  /** cbo.zero: zeroes the 64-byte block that holds {@code gva}. */
  public void zeroBlock(long gva) {
    long hpa = locateAnew(gva, 1, AccessType.STORE, dataMode) & -BLOCK;
    checkBlock(hpa, gva, AccessType.STORE);
    memory.zero(hpa, BLOCK);
  }

  /** cbo.inval, cbo.clean, cbo.flush: nothing to do but to check. */
  public void cacheBlock(long gva) {
    long hpa = locateRam(gva, 1, AccessType.CACHE_BLOCK, dataMode) & -BLOCK;
    checkBlock(hpa, gva, AccessType.CACHE_BLOCK);
  }

  private void checkBlock(long hpa, long gva, int access) {
    int need = AccessType.pmpNeed(access);
    if (pmp.check(hpa, BLOCK, need, Mode.privilege(dataMode)) != Pmp.ALLOW) {
      throw fault(Walker.ACCESS_FAULT, gva, access, dataMode);
    }
  }

  // ---- fences -----------------------------------------------------------------------------

  /** sfence.vma and sinval.vma executed with V=0. */
  public void fenceVma(long gva, int asid, boolean byAddress, boolean byAsid) {
    fence(false, gva, asid, byAddress, byAsid);
  }

  /** hfence.vvma and hinval.vvma, and sfence.vma and sinval.vma with V=1: the current VMID's. */
  public void fenceVvma(long gva, int asid, boolean byAddress, boolean byAsid) {
    fence(true, gva, asid, byAddress, byAsid);
  }

  private void fence(boolean virtual, long gva, int asid, boolean byAddress, boolean byAsid) {
    translator.fence(virtual, gva, asid, byAddress, byAsid);
    if (byAsid && !translator.isCurrentAsid(virtual, asid)) {
      return;
    }
    if (byAddress) {
      l1.flush(virtual, gva);
    } else {
      l1.flush(virtual);
    }
  }

  /** hfence.gvma and hinval.gvma; {@code gpa} in bytes. */
  public void fenceGvma(long gpa, int vmid, boolean byAddress, boolean byVmid) {
    translator.fenceGuestPhysical(gpa, vmid, byAddress, byVmid);
    if (byVmid && !translator.isCurrentVmid(vmid)) {
      return;
    }
    if (byAddress) {
      l1.flushGuestPhysical(gpa);
    } else {
      l1.flush(true);
    }
  }

  /** Makes stores to the 4 KiB frame at {@code hpaFrame} visible: it holds decoded code now. */
  public void dropStoreEntries(long hpaFrame) {
    l1.dropStores(memory.hostAddress(hpaFrame, PhysicalMemory.FRAME_SIZE));
  }

  // ---- the slow way -----------------------------------------------------------------------

  /**
   * The machine address of {@code size} bytes that lie in one page, translated and checked; fills
   * the L1 entry if the page may have one.
   */
  private long locate(long gva, int size, int access, int mode) {
    if (references != null) {
      return locateTraced(references, gva, size, access, mode);
    }
    return translate(gva, size, access, mode);
  }

  /** The same, told; and first what the L1 TLB knows, which the fast way did not ask. */
  private long locateTraced(ReferenceListener listener, long gva, int size, int access, int mode) {
    long hpa = held(gva, size, access, mode);
    if (hpa < 0) {
      hpa = translate(gva, size, access, mode);
    }
    listener.referenced(gva, hpa);
    return hpa;
  }

  /** The machine address of {@code gva}, if the fast way would have found it; else -1. */
  private long held(long gva, int size, int access, int mode) {
    if (mode != (access == AccessType.FETCH ? fetchMode : dataMode)) {
      return -1;
    }
    return switch (access) {
      case AccessType.FETCH ->
          l1.fetch(mode).holds(gva, 1) ? l1.fetch(mode).value(gva) + (gva & ~PAGE) : -1;
      case AccessType.LOAD -> held(l1.load(mode), gva, size);
      case AccessType.STORE -> held(l1.store(mode), gva, size);
      default -> -1;
    };
  }

  private long held(L1Tlb tlb, long gva, int size) {
    return tlb.holds(gva, size) ? memory.hpaOf(gva + tlb.value(gva)) : -1;
  }

  private long translate(long gva, int size, int access, int mode) {
    int outcome = translator.translate(gva, access, mode);
    if (outcome != Walker.OK) {
      throw fault(outcome, gva, access, mode);
    }
    long hpa = translator.hpa;
    int need = AccessType.pmpNeed(access);
    int privilege = Mode.privilege(mode);
    int verdict = pmp.check(hpa & PAGE, 4096, need, privilege);
    if (verdict == Pmp.ALLOW) {
      fill(gva, hpa & PAGE, access, mode);
    } else if (verdict == Pmp.DENY || !allowed(hpa, size, need, privilege)) {
      throw fault(Walker.ACCESS_FAULT, gva, access, mode);
    }
    return hpa;
  }

  /** PMP within a page that it splits; a misaligned access is as many as it has bytes. */
  private boolean allowed(long hpa, int size, int need, int privilege) {
    int step = (hpa & size - 1) == 0 ? size : 1;
    for (int i = 0; i < size; i += step) {
      if (pmp.check(hpa + i, step, need, privilege) != Pmp.ALLOW) {
        return false;
      }
    }
    return true;
  }

  private void fill(long gva, long frame, int access, int mode) {
    if (!memory.contains(frame, PhysicalMemory.FRAME_SIZE)) {
      return;
    }
    long addend = memory.hostAddress(frame, PhysicalMemory.FRAME_SIZE) - (gva & PAGE);
    int shift = translator.firstShift;
    long guestLeaf = translator.guestLeaf;
    switch (access) {
      case AccessType.LOAD -> l1.load(mode).fill(gva, addend, shift, guestLeaf);
      case AccessType.FETCH -> l1.fetch(mode).fill(gva, frame, shift, guestLeaf);
      case AccessType.STORE -> {
        if (!memory.hasCode(frame)) {
          l1.store(mode).fill(gva, addend, shift, guestLeaf);
        }
      }
      default -> {}
    }
  }

  /** As {@link #locate}, and what is not RAM is an access fault. */
  private long locateRam(long gva, int size, int access, int mode) {
    return requireRam(locate(gva, size, access, mode), gva, size, access, mode);
  }

  /** As {@link #locateRam}, of what no fast way ever finds: L1 is not asked. */
  private long locateAnew(long gva, int size, int access, int mode) {
    long hpa = translate(gva, size, access, mode);
    if (references != null) {
      references.referenced(gva, hpa);
    }
    return requireRam(hpa, gva, size, access, mode);
  }

  private long requireRam(long hpa, long gva, int size, int access, int mode) {
    if (!memory.contains(hpa, size)) {
      throw fault(Walker.ACCESS_FAULT, gva, access, mode);
    }
    return hpa;
  }

  private long read(long hpa, int size, long gva, int access, int mode) {
    if (memory.contains(hpa, size)) {
      return readRam(hpa, size);
    }
    requireDevicesAllowed();
    try {
      int unused = 64 - 8 * size;
      return bus.read(hpa, size) << unused >> unused;
    } catch (BusFault e) {
      throw fault(Walker.ACCESS_FAULT, gva, access, mode);
    }
  }

  private void requireDevicesAllowed() {
    if (!devicesAllowed) {
      throw DeviceAccess.INSTANCE;
    }
  }

  private long readRam(long hpa, int size) {
    return switch (size) {
      case 1 -> memory.readByte(hpa);
      case 2 -> memory.readShort(hpa);
      case 4 -> memory.readInt(hpa);
      default -> memory.readLong(hpa);
    };
  }

  private void write(long hpa, int size, long value, long gva, int mode) {
    if (memory.contains(hpa, size)) {
      writeRam(hpa, size, value);
      return;
    }
    requireDevicesAllowed();
    try {
      bus.write(hpa, size, value);
    } catch (BusFault e) {
      throw fault(Walker.ACCESS_FAULT, gva, AccessType.STORE, mode);
    }
  }

  private void writeRam(long hpa, int size, long value) {
    switch (size) {
      case 1 -> memory.writeByte(hpa, (byte) value);
      case 2 -> memory.writeShort(hpa, (short) value);
      case 4 -> memory.writeInt(hpa, (int) value);
      default -> memory.writeLong(hpa, value);
    }
  }

  /** Fills in the trap; hypervisor extension, "Guest-Page Faults". */
  private GuestTrap fault(int outcome, long gva, int access, int mode) {
    trap.of(AccessType.cause(access, outcome), gva, Mode.virtual(mode));
    if (outcome == Walker.GUEST_PAGE_FAULT) {
      trap.guestAddress = translator.faultGpa() >>> 2;
      trap.instruction = translator.faultInstruction();
    }
    return trap;
  }
}
