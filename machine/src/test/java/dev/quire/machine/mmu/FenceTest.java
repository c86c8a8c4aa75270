package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is still translated as before, and what is not, after each fence and change of context. */
class FenceTest {
  private static final long GVA = 0x4000_0000L;
  private static final long PAGE = GVA + 0x20_0000;
  private static final long OLD = Fixture.BASE + 0x40_0000;
  private static final long NEW = Fixture.BASE + 0x60_0000;
  private final Fixture f = new Fixture(MmuConfig.standard());
  private final long root = f.allocate(4096);
  private final long gRoot = f.allocate(16384);

  @AfterEach
  void close() {
    f.close();
  }

  private void map(int level, long target, long flags) {
    f.map(root, 3, GVA, level, Fixture.pte(target, flags));
  }

  private void prepare(int level, long flags) {
    for (long offset = 0; offset < 0x20_0000; offset += 4096) {
      f.memory.writeLong(OLD + offset, 1);
      f.memory.writeLong(NEW + offset, 2);
    }
    map(level, OLD, flags);
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    map(level, NEW, flags);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
  }

  /** A guest whose 2 MiB page lies on 4 KiB frames. */
  private void prepareGuest() {
    for (long gpa = Fixture.BASE; gpa < Fixture.BASE + 0x100_0000; gpa += 4096) {
      f.map(gRoot, 3, gpa, 0, Fixture.pte(gpa, Fixture.USER));
    }
    for (long offset = 0; offset < 0x20_0000; offset += 4096) {
      f.memory.writeLong(OLD + offset, 1);
      f.memory.writeLong(NEW + offset, 2);
    }
    map(1, OLD, Fixture.ALL);
    f.enter(true, 0, Fixture.atp(3, 1, root), Fixture.atp(3, 1, gRoot));
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    assertThat(f.mmu.loadLong(GVA + 4096)).isEqualTo(1);
  }

  @Test
  void fenceOfAll() {
    prepare(0, Fixture.ALL);
    f.mmu.fenceVvma(0, 0, false, false);
    f.mmu.fenceGvma(0, 0, false, false);
    f.mmu.fenceVma(0, 0, false, false);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  @Test
  void guestFencesLeaveTheHostAlone() {
    prepare(0, Fixture.ALL);
    f.mmu.fenceVvma(0, 0, false, false);
    f.mmu.fenceGvma(0, 0, false, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
  }

  @Test
  void fenceOfAnotherAsid() {
    prepare(0, Fixture.ALL);
    f.mmu.fenceVma(0, 2, false, true);
    f.mmu.fenceVma(GVA, 2, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.mmu.fenceVma(0, 1, false, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  @Test
  void fenceOfAnotherAddress() {
    prepare(0, Fixture.ALL);
    f.mmu.fenceVma(GVA + 4096, 0, true, false);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.mmu.fenceVma(GVA + 8, 1, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  @Test
  void anyAddressOfASuperpageDropsAllOfIt() {
    prepare(1, Fixture.ALL);
    assertThat(f.mmu.loadLong(GVA + 0x1000)).isEqualTo(1);
    f.mmu.fenceVma(GVA + 0x1f_f000, 1, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
    assertThat(f.mmu.loadLong(GVA + 0x1000)).isEqualTo(2);
  }

  @Test
  void anyAddressOfANapotRangeDropsAllOfIt() {
    for (long offset = 0; offset < 0x1_0000; offset += 4096) {
      f.memory.writeLong(OLD + offset, 1);
      f.memory.writeLong(NEW + offset, 2);
      f.map(root, 3, GVA + offset, 0, Fixture.pte(OLD + 0x8000, Fixture.ALL | 1L << 63));
    }
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA + 0x3000)).isEqualTo(1);
    assertThat(f.mmu.loadLong(GVA + 0xf000)).isEqualTo(1);
    assertThat(f.mmu.statistics().walks).isEqualTo(1);
    for (long offset = 0; offset < 0x1_0000; offset += 4096) {
      f.map(root, 3, GVA + offset, 0, Fixture.pte(NEW + 0x8000, Fixture.ALL | 1L << 63));
    }
    f.mmu.fenceVma(GVA + 0x5000, 0, true, false);
    assertThat(f.mmu.loadLong(GVA + 0x3000)).isEqualTo(2);
    assertThat(f.mmu.loadLong(GVA + 0xf000)).isEqualTo(2);
  }

  @Test
  void globalPagesServeAllAsidsUntilAFenceWithoutAsid() {
    prepare(0, Fixture.ALL | PteBits.GLOBAL);
    f.enter(false, Fixture.atp(3, 2, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    assertThat(f.mmu.statistics().walks).isEqualTo(1);
    f.mmu.fenceVma(GVA, 0, true, false);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  @Test
  void asidsKeepTheirTranslationsAcrossSwitches() {
    prepare(0, Fixture.ALL);
    f.enter(false, Fixture.atp(3, 2, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.enter(false, 0, 0, 0);
    assertThat(f.mmu.loadLong(OLD)).isEqualTo(1);
    f.enter(false, Fixture.atp(3, 1, root), 0, 0);
    assertThat(f.mmu.statistics().walks).isEqualTo(2);
  }

  @Test
  void oneGuestAddressDropsEveryPieceOfItsSuperpage() {
    prepareGuest();
    map(1, NEW, Fixture.ALL);
    f.mmu.fenceVvma(GVA + 0x10_0000, 1, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
    assertThat(f.mmu.loadLong(GVA + 4096)).isEqualTo(2);
  }

  @Test
  void guestPhysicalFenceByAddressAndByVmid() {
    prepareGuest();
    f.map(gRoot, 3, OLD, 0, Fixture.pte(NEW, Fixture.USER));
    f.mmu.fenceGvma(OLD, 2, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.mmu.fenceGvma(OLD, 1, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
    f.map(gRoot, 3, OLD, 0, Fixture.pte(OLD, Fixture.USER));
    f.mmu.fenceGvma(0, 1, false, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
  }

  /**
   * What leaves of the moved table were read before may be held until the first stage is fenced.
   */
  @Test
  void aMovedGuestTableIsFoundAfterAGuestPhysicalFence() {
    prepareGuest();
    long leafTable = f.memory.readLong(root + (GVA >>> 30) * 8) << 2 & -4096L;
    long copy = f.allocate(4096);
    f.memory.copyFrame(leafTable, copy);
    f.memory.writeLong(copy, Fixture.pte(NEW, Fixture.ALL));
    f.map(gRoot, 3, leafTable, 0, Fixture.pte(copy, Fixture.USER));
    f.mmu.fenceGvma(leafTable, 1, true, true);
    f.mmu.fenceVvma(GVA, 1, true, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  @Test
  void aGuestPhysicalFenceDropsNoOtherPage() {
    prepareGuest();
    f.mmu.fenceGvma(OLD, 1, true, true);
    f.mmu.statistics().reset();
    assertThat(f.mmu.loadLong(GVA + 4096)).isEqualTo(1);
    assertThat(f.mmu.statistics().totalReferences()).isZero();
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    assertThat(f.mmu.statistics().totalReferences()).isPositive();
  }

  @Test
  void aGuestPhysicalFenceLeavesOtherPagesInTheFirstLevel() {
    prepareGuest();
    f.mmu.fenceGvma(OLD, 1, true, true);
    f.mmu.statistics().reset();
    assertThat(f.mmu.loadLong(GVA + 4096)).isEqualTo(1);
    assertThat(f.mmu.statistics().l2Hits + f.mmu.statistics().l2Misses).isZero();
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    assertThat(f.mmu.statistics().l2Misses).isEqualTo(1);
  }

  /** Of the walk cache only tables go that lie there: the next walk starts above them. */
  @Test
  void aGuestPhysicalFenceDropsNoOtherTable() {
    prepareGuest();
    f.map(root, 3, PAGE, 0, Fixture.pte(OLD, Fixture.ALL));
    long middle = f.memory.readLong(root + (PAGE >>> 30) * 8) << 2 & -4096L;
    long leaves = f.memory.readLong(middle + (PAGE >>> 21 & 511) * 8) << 2 & -4096L;
    assertThat(vsReferencesAfterFenceOf(OLD)).containsExactly(1, 0, 0, 0, 0);
    assertThat(vsReferencesAfterFenceOf(middle)).containsExactly(1, 0, 0, 0, 0);
    assertThat(vsReferencesAfterFenceOf(root)).containsExactly(1, 0, 0, 0, 0);
    assertThat(vsReferencesAfterFenceOf(leaves)).containsExactly(1, 1, 0, 0, 0);
  }

  /** By level, after a walk for which all tables are known but those that the fence takes. */
  private long[] vsReferencesAfterFenceOf(long gpa) {
    f.mmu.fenceVvma(0, 0, false, false);
    assertThat(f.mmu.loadLong(PAGE)).isEqualTo(1);
    f.mmu.fenceGvma(gpa, 1, true, true);
    f.mmu.fenceVvma(PAGE, 0, true, false);
    f.mmu.statistics().reset();
    assertThat(f.mmu.loadLong(PAGE)).isEqualTo(1);
    return f.mmu.statistics().references[WalkStatistics.VS];
  }

  /** All of a large leaf goes, whatever part of it the fence names. */
  @Test
  void aGuestPhysicalFenceDropsAllThatALargeLeafMaps() {
    prepareGuest();
    f.map(gRoot, 3, OLD & -(2L << 20), 1, Fixture.pte(OLD & -(2L << 20), Fixture.USER));
    f.mmu.fenceGvma(0, 1, false, true);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.mmu.fenceGvma((OLD & -(2L << 20)) + 0x1f_f000, 1, true, true);
    f.mmu.statistics().reset();
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    assertThat(f.mmu.statistics().totalReferences()).isPositive();
  }

  @Test
  void vmidsKeepTheirTranslationsAcrossSwitches() {
    prepareGuest();
    map(1, NEW, Fixture.ALL);
    f.enter(true, 0, Fixture.atp(3, 1, root), Fixture.atp(3, 2, gRoot));
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
    f.enter(true, 0, Fixture.atp(3, 1, root), Fixture.atp(3, 1, gRoot));
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(1);
    f.enter(true, 0, 0, Fixture.atp(3, 1, gRoot));
    assertThat(f.mmu.loadLong(NEW)).isEqualTo(2);
    f.enter(true, 0, Fixture.atp(3, 1, root), 0);
    assertThat(f.mmu.loadLong(GVA)).isEqualTo(2);
  }

  /** Walk caches leave the leaf's reference; under two stages also the final address's leaf. */
  @Test
  void walkCachesShortenTheNextWalk() {
    prepareGuest();
    f.map(root, 3, PAGE, 0, Fixture.pte(OLD, Fixture.ALL));
    f.map(root, 3, PAGE + 4096, 0, Fixture.pte(OLD + 4096, Fixture.ALL));
    f.mmu.loadLong(PAGE);
    f.mmu.fenceGvma(OLD + 4096, 2, true, true);
    f.mmu.statistics().reset();
    f.mmu.loadLong(PAGE + 4096);
    assertThat(f.mmu.statistics().references[WalkStatistics.VS]).containsExactly(1, 0, 0, 0, 0);
    assertThat(f.mmu.statistics().totalReferences()).isLessThanOrEqualTo(2);
  }
}
