package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Data paths: sizes, misalignment, devices, atomics, decoded code, PMP, modes. */
class MmuTest {
  private static final long GVA = 0x4000_0000L;
  private static final long DATA = Fixture.BASE + 0x40_0000;
  private Fixture f = new Fixture(MmuConfig.standard());
  private long root;

  @AfterEach
  void close() {
    f.close();
  }

  /** Sv39 S-mode with {@code pages} pages at GVA. */
  private void map(int pages, long flags) {
    root = f.allocate(4096);
    for (int i = 0; i < pages; i++) {
      f.map(root, 3, GVA + 4096L * i, 0, Fixture.pte(DATA + 8192L * i, flags));
    }
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    f.mmu.fenceVma(0, 0, false, false);
  }

  private GuestTrap trap(ThrowingCallable access) {
    var trap = catchThrowableOfType(GuestTrap.class, access);
    assertThat(trap).isNotNull();
    return trap;
  }

  private void expect(ThrowingCallable access, int cause, long value) {
    GuestTrap trap = trap(access);
    assertThat(trap.cause).isEqualTo(cause);
    assertThat(trap.value).isEqualTo(value);
  }

  @Test
  void loadsOfAllSizesAreSignExtended() {
    map(1, Fixture.ALL);
    for (int pass = 0; pass < 2; pass++) {
      f.mmu.storeLong(GVA, 0x8182_8384_8586_8788L);
      assertThat(f.mmu.loadLong(GVA)).isEqualTo(0x8182_8384_8586_8788L);
      assertThat(f.mmu.loadInt(GVA)).isEqualTo(0xffff_ffff_8586_8788L);
      assertThat(f.mmu.loadShort(GVA + 2)).isEqualTo(0xffff_ffff_ffff_8586L);
      assertThat(f.mmu.loadByte(GVA + 7)).isEqualTo(0xffff_ffff_ffff_ff81L);
      f.mmu.storeInt(GVA, 1);
      f.mmu.storeShort(GVA + 4, 2);
      f.mmu.storeByte(GVA + 6, 3);
      assertThat(f.memory.readLong(DATA)).isEqualTo(0x8103_0002_0000_0001L);
    }
  }

  @Test
  void misalignedAccessesCrossPagesByteByByte() {
    map(2, Fixture.ALL);
    for (int i = 1; i < 8; i++) {
      long value = 0x8102_0304_0506_0708L + i;
      f.mmu.storeLong(GVA + 4096 - i, value);
      assertThat(f.mmu.loadLong(GVA + 4096 - i)).isEqualTo(value);
      assertThat(f.mmu.loadInt(GVA + 4096 - i)).isEqualTo(value << 32 >> 32);
    }
    assertThat(f.memory.readByte(DATA + 8192)).isEqualTo((byte) 0x81);
    f.mmu.storeShort(GVA + 9, -2);
    assertThat(f.mmu.loadShort(GVA + 9)).isEqualTo(-2);
  }

  @Test
  void misalignedFaultNamesThePageThatFailsAndWritesNothing() {
    map(1, Fixture.ALL);
    f.mmu.storeLong(GVA + 4088, 0);
    expect(() -> f.mmu.storeLong(GVA + 4093, -1), Cause.STORE_PAGE, GVA + 4096);
    assertThat(f.mmu.loadLong(GVA + 4088)).isZero();
    expect(() -> f.mmu.loadInt(GVA + 4094), Cause.LOAD_PAGE, GVA + 4096);
    expect(() -> f.mmu.loadInt(GVA - 2), Cause.LOAD_PAGE, GVA - 2);
  }

  @Test
  void misalignedAccessesTrapWhereNotSupported() {
    f = new Fixture(MmuConfig.standard(), 16 << 20, false);
    map(1, Fixture.ALL);
    f.mmu.storeLong(GVA, 0);
    expect(() -> f.mmu.loadLong(GVA + 1), Cause.LOAD_MISALIGNED, GVA + 1);
    expect(() -> f.mmu.storeShort(GVA + 1, 0), Cause.STORE_MISALIGNED, GVA + 1);
  }

  @Test
  void devicesAreReachedThroughTheBus() {
    root = f.allocate(4096);
    f.map(root, 3, GVA, 0, Fixture.pte(Fixture.DEVICE, Fixture.ALL));
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(0x1122_3344_5566_7788L);
    assertThat(f.mmu.loadByte(GVA)).isEqualTo((byte) 0x88);
    f.mmu.storeInt(GVA, 7);
    assertThat(f.deviceWritten).isEqualTo(7);
    expect(() -> f.mmu.loadLong(GVA + 8), Cause.LOAD_ACCESS, GVA + 8);
    expect(() -> f.mmu.storeLong(GVA + 8, 0), Cause.STORE_ACCESS, GVA + 8);
    expect(() -> f.mmu.fetchPage(GVA), Cause.FETCH_ACCESS, GVA);
    expect(() -> f.mmu.amoAddress(GVA, 8, false), Cause.LOAD_ACCESS, GVA);
    expect(() -> f.mmu.amoAddress(GVA, 8, true), Cause.STORE_ACCESS, GVA);
    expect(() -> f.mmu.loadInt(GVA + 1), Cause.LOAD_ACCESS, GVA + 1);
    expect(() -> f.mmu.zeroBlock(GVA), Cause.STORE_ACCESS, GVA);
  }

  @Test
  void bareAddressesAbove56BitsAreAccessFaults() {
    f.enter(false, 0, 0, 0);
    assertThat(f.mmu.loadLong(DATA)).isZero();
    expect(() -> f.mmu.loadLong(DATA | 1L << 56), Cause.LOAD_ACCESS, DATA | 1L << 56);
    expect(() -> f.mmu.fetchPage(-4096), Cause.FETCH_ACCESS, -4096);
    expect(() -> f.mmu.storeByte(-1, 0), Cause.STORE_ACCESS, -1);
  }

  @Test
  void atomicsNeedAlignmentAndWritePermission() {
    map(1, Fixture.ALL & ~PteBits.WRITE);
    expect(() -> f.mmu.amoAddress(GVA + 4, 8, false), Cause.LOAD_MISALIGNED, GVA + 4);
    expect(() -> f.mmu.amoAddress(GVA + 2, 4, true), Cause.STORE_MISALIGNED, GVA + 2);
    expect(() -> f.mmu.amoAddress(GVA, 4, true), Cause.STORE_PAGE, GVA);
    assertThat(f.mmu.amoAddress(GVA + 4, 4, false)).isEqualTo(f.memory.hostAddress(DATA + 4, 4));
  }

  @Test
  void storesToCodeAreAnnounced() {
    map(1, Fixture.ALL);
    long[] written = {0};
    f.memory.watchCode((hpa, length) -> written[0] = hpa);
    f.mmu.storeLong(GVA, 0);
    f.memory.markCode(DATA, true);
    f.mmu.dropStoreEntries(DATA);
    f.mmu.storeLong(GVA + 8, 1);
    assertThat(written[0]).isEqualTo(DATA + 8);
    f.mmu.storeLong(GVA + 16, 1);
    assertThat(written[0]).isEqualTo(DATA + 16);
    f.mmu.amoWritten(f.mmu.amoAddress(GVA + 32, 8, true), 8);
    assertThat(written[0]).isEqualTo(DATA + 32);
    f.memory.markCode(DATA, false);
    f.mmu.storeLong(GVA + 40, 1);
    assertThat(written[0]).isEqualTo(DATA + 32);
  }

  @Test
  void cacheBlocks() {
    map(1, Fixture.ALL);
    f.mmu.storeLong(GVA + 56, -1);
    f.mmu.storeLong(GVA + 64, -1);
    f.mmu.zeroBlock(GVA + 9);
    assertThat(f.mmu.loadLong(GVA + 56)).isZero();
    assertThat(f.mmu.loadLong(GVA + 64)).isEqualTo(-1);
    f.mmu.cacheBlock(GVA + 3);
    expect(() -> f.mmu.cacheBlock(GVA + 4099), Cause.STORE_PAGE, GVA + 4099);
    map(1, Fixture.ALL & ~PteBits.WRITE);
    f.mmu.cacheBlock(GVA);
    expect(() -> f.mmu.zeroBlock(GVA + 1), Cause.STORE_PAGE, GVA + 1);
  }

  @Test
  void modesHaveTheirOwnEntries() {
    map(1, Fixture.USER);
    TranslationState state = f.state;
    for (int pass = 0; pass < 3; pass++) {
      state.privilege = 0;
      f.mmu.contextChanged();
      assertThat(f.mmu.loadLong(GVA)).isZero();
      assertThat(f.mmu.fetchPage(GVA)).isEqualTo(DATA);
      state.privilege = 1;
      f.mmu.contextChanged();
      expect(() -> f.mmu.loadLong(GVA), Cause.LOAD_PAGE, GVA);
      expect(() -> f.mmu.fetchPage(GVA), Cause.FETCH_PAGE, GVA);
      state.sum = true;
      f.mmu.contextChanged();
      assertThat(f.mmu.loadLong(GVA)).isZero();
      expect(() -> f.mmu.fetchPage(GVA), Cause.FETCH_PAGE, GVA);
      state.sum = false;
      state.privilege = 3;
      f.mmu.contextChanged();
      expect(() -> f.mmu.loadLong(GVA), Cause.LOAD_ACCESS, GVA);
      state.mprv = true;
      state.mpp = 0;
      f.mmu.contextChanged();
      assertThat(f.mmu.loadLong(GVA)).isZero();
      assertThat(f.mmu.fetchPage(DATA)).isEqualTo(DATA);
      state.mprv = false;
    }
  }

  @Test
  void mxrLendsReadPermissionOnlyWhileSet() {
    map(1, PteBits.VALID | PteBits.EXECUTE | PteBits.ACCESSED);
    for (int pass = 0; pass < 3; pass++) {
      expect(() -> f.mmu.loadInt(GVA), Cause.LOAD_PAGE, GVA);
      f.state.mxr = true;
      f.mmu.contextChanged();
      assertThat(f.mmu.loadInt(GVA)).isZero();
      f.state.mxr = false;
      f.mmu.contextChanged();
    }
  }

  @Test
  void cleanPagesWalkAgainForTheFirstStore() {
    map(1, Fixture.ALL & ~PteBits.DIRTY);
    long pte = f.map(root, 3, GVA, 0, Fixture.pte(DATA, Fixture.ALL & ~0xc0));
    expect(() -> f.mmu.loadLong(GVA), Cause.LOAD_PAGE, GVA);
    f.state.adue = true;
    f.mmu.contextChanged();
    f.mmu.loadLong(GVA);
    assertThat(f.memory.readLong(pte) & 0xc0).isEqualTo(0x40);
    f.mmu.storeLong(GVA, 1);
    assertThat(f.memory.readLong(pte) & 0xc0).isEqualTo(0xc0);
    assertThat(f.mmu.statistics().adUpdates).isEqualTo(2);
  }

  @Test
  void tablesOutsideMemoryAreAccessFaults() {
    f.enter(false, Fixture.atp(3, 0, Fixture.DEVICE), 0, 0);
    expect(() -> f.mmu.loadLong(GVA), Cause.LOAD_ACCESS, GVA);
    f.enter(false, Fixture.atp(5, 0, (1L << 56) - 4096), 0, 0);
    expect(() -> f.mmu.storeLong(GVA, 0), Cause.STORE_ACCESS, GVA);
    f.enter(true, 0, Fixture.atp(3, 0, (1L << 56) - 4096), Fixture.atp(5, 0, (1L << 56) - 4096));
    expect(() -> f.mmu.fetchPage(GVA), Cause.FETCH_ACCESS, GVA);
  }
}
