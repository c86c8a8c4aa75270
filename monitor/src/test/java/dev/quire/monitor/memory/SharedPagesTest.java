package dev.quire.monitor.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that several guest frames share, as seen from guest memory; no guest runs. */
class SharedPagesTest {
  private static final int GROUP = 20_000;
  private static final long BASE = 0x8000_0000L;
  private static final long FIRST = BASE >>> 12;
  private static final int PAGES = 64;

  /** Pages that meet each other often. */
  private static final int FEW = 8;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 8 * PAGES << 12);
  private final FrameTable frames = new FrameTable(machine);
  private final SwapFile swap = SwapFile.in(folder);
  private final GuestMemory one = memory(1, GROUP);
  private final GuestMemory other = memory(2, GROUP);
  private final GuestMemory stranger = memory(3, GROUP + 1);

  private GuestMemory memory(int vm, int group) {
    GuestMemory memory = new GuestMemory(machine, frames, swap, vm, BASE, PAGES << 12, false);
    memory.join(group);
    return memory;
  }

  @BeforeEach
  void fill() throws DmaFault {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 7);
    for (GuestMemory memory : new GuestMemory[] {one, other, stranger}) {
      memory.write(BASE, page, 0, page.length);
      memory.write(BASE + 4096, page, 0, page.length);
    }
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
    stranger.close();
    assertThat(frames.count(Use.FREE)).isEqualTo(frames.total());
    assertThat(swap.pages()).isZero();
    machine.close();
    swap.close();
  }

  @Test
  void equalPagesStandOnOneFrameUntilSomebodyWrites() throws DmaFault {
    long hfn = one.share(FIRST);
    assertThat(one.shareWith(FIRST + 1, hfn)).isTrue();
    assertThat(other.shareWith(FIRST, hfn)).isTrue();
    assertThat(frames.references(hfn)).isEqualTo(3);
    assertThat(frames.counts().guest()).isEqualTo(4);
    assertThat(one.counts()).isEqualTo(new PageCounts(0, 2, 0, 0, PAGES - 2, 0));
    assertThat(one.resident()).isEqualTo(2 << 12);

    one.writeInt(BASE + 8, 99);
    assertThat(one.state(FIRST)).isEqualTo(PageState.PRIVATE);
    assertThat(one.readInt(BASE + 8)).isEqualTo(99);
    assertThat(one.readInt(BASE + 4)).isEqualTo(0x07070707);
    assertThat(one.readInt(BASE + 4096 + 8)).isEqualTo(0x07070707);
    assertThat(other.readInt(BASE + 8)).isEqualTo(0x07070707);
    assertThat(frames.references(hfn)).isEqualTo(2);
    assertThat(one.traffic().breaks()).isEqualTo(1);
  }

  @Test
  void theLastOneKeepsTheFrameWithoutACopy() throws DmaFault {
    long hfn = one.share(FIRST);
    assertThat(other.shareWith(FIRST, hfn)).isTrue();
    one.writeInt(BASE, 1);
    assertThat(other.state(FIRST)).isEqualTo(PageState.SHARED);
    assertThat(other.compareAndSetEntry(BASE, 0x0707070707070707L, 5)).isTrue();
    assertThat(other.populatedFrame(FIRST)).isEqualTo(hfn);
    assertThat(other.gfnOf(hfn)).isEqualTo(FIRST);
    assertThat(other.traffic().reused()).isEqualTo(1);
    assertThat(other.traffic().breaks()).isZero();
  }

  @Test
  void nothingIsSharedThatDiffersOrBelongsToAnotherGroup() throws DmaFault {
    long hfn = one.share(FIRST);
    assertThat(stranger.shareWith(FIRST, hfn)).isFalse();
    other.writeInt(BASE + 4092, 1);
    assertThat(other.shareWith(FIRST, hfn)).isFalse();
    assertThat(other.shareWith(FIRST + 1, hfn + 1)).as("a frame that is not shared").isFalse();
    assertThat(other.shareWith(FIRST + 1, 5)).as("no frame at all").isFalse();
    assertThat(one.shareWith(FIRST, hfn)).as("there already").isFalse();
    assertThat(other.share(FIRST + 9)).as("a page without a frame").isEqualTo(-1);
    one.setKept(FIRST + 1, GuestMemory.OWN_WRITES);
    assertThat(one.shareWith(FIRST + 1, hfn)).as("a page table").isFalse();
    assertThat(one.share(FIRST + 1)).isEqualTo(-1);
    assertThat(frames.references(hfn)).isEqualTo(1);
    assertThat(stranger.state(FIRST)).isEqualTo(PageState.PRIVATE);
  }

  @Test
  void pagesOfZerosAreDropped() throws DmaFault {
    one.zero(BASE, 4095);
    assertThat(one.dropZero(FIRST)).isFalse();
    one.writeInt(BASE + 4092, 0);
    assertThat(one.dropZero(FIRST)).isTrue();
    assertThat(one.counts()).isEqualTo(new PageCounts(1, 0, 0, 0, PAGES - 1, 1));
    assertThat(one.readInt(BASE)).isZero();
  }

  @Test
  void aFrameThatOthersHaveIsNotEvicted() throws DmaFault {
    long hfn = one.share(FIRST);
    assertThat(one.shareWith(FIRST + 1, hfn)).isTrue();
    assertThat(one.evict(9)).isZero();
    one.writeInt(BASE, 1);
    assertThat(one.evict(9)).isEqualTo(2);
    assertThat(one.counts().swapped()).isEqualTo(2);
    assertThat(one.readInt(BASE)).isEqualTo(1);
    assertThat(one.readInt(BASE + 4096)).isEqualTo(0x07070707);
  }

  @Test
  void aLookTakesNothingAndBringsNothingBack() {
    byte[] page = new byte[4096];
    assertThat(one.evict(1)).isEqualTo(1);
    long gone = one.state(FIRST) == PageState.SWAPPED ? FIRST : FIRST + 1;
    one.balloon(FIRST + 5);
    assertThat(one.peek(gone, page)).isEqualTo(PageState.SWAPPED);
    assertThat(page).containsOnly(7);
    assertThat(one.peek(FIRST + 5, page)).isEqualTo(PageState.BALLOONED);
    assertThat(page).containsOnly(0);
    assertThat(one.counts()).isEqualTo(new PageCounts(1, 0, 1, 1, PAGES - 3, 0));
  }

  @Test
  void aCopyIsTheSameInEveryStateAndThenItsOwn() throws DmaFault {
    for (int i = 2; i < 20; i++) {
      one.writeInt(BASE + (i << 12), i);
    }
    assertThat(one.shareWith(FIRST + 1, one.share(FIRST))).isTrue();
    one.balloon(FIRST + 2);
    one.zero(BASE + (3 << 12), 4);
    assertThat(one.dropZero(FIRST + 3)).isTrue();
    assertThat(one.evict(4)).isEqualTo(4);
    one.setKept(FIRST, 0);
    long table = FIRST;
    while (one.state(table) != PageState.PRIVATE) {
      table++;
    }
    one.setKept(table, GuestMemory.OWN_READS | GuestMemory.OWN_WRITES);
    long keptGpa = table << 12;
    one.keep(new TurnedTable());

    GuestMemory copy = memory(4, GROUP + 5);
    copy.copyFrom(one);
    assertThat(copy.group()).isEqualTo(GROUP);
    assertThat(copy.counts().swapped()).isEqualTo(4);
    assertThat(copy.counts().ballooned()).isEqualTo(1);
    assertThat(copy.counts().zero()).isEqualTo(1);
    assertThat(copy.state(table)).isEqualTo(PageState.PRIVATE);
    byte[] expected = new byte[4096];
    byte[] found = new byte[4096];
    for (long gfn = FIRST; gfn < FIRST + PAGES; gfn++) {
      one.peek(gfn, expected);
      copy.peek(gfn, found);
      assertThat(found).as("gfn %x", gfn).isEqualTo(expected);
      assertThat(copy.sharable(gfn) >= 0 && copy.isShared(gfn))
          .isEqualTo(one.sharable(gfn) >= 0 && one.isShared(gfn));
    }
    assertThat(copy.readLong(keptGpa)).isEqualTo(TurnedTable.VALUE);
    for (int i = 0; i < 20; i++) {
      copy.writeInt(BASE + (i << 12), 1000 + i);
    }
    for (long gfn = FIRST + 4; gfn < FIRST + 20; gfn++) {
      if (gfn != table) {
        assertThat(one.readInt(gfn << 12)).isEqualTo((int) (gfn - FIRST));
      }
    }
    one.setKept(table, 0);
    one.keep(null);
    copy.close();
  }

  /** A kept page, all of whose entries read the same, whatever lies in memory. */
  private static final class TurnedTable implements TableKeeper {
    static final long VALUE = 0x1122334455667788L;

    @Override
    public long readEntry(long gpa) {
      return VALUE;
    }

    @Override
    public void writeEntry(long gpa, long value) {
      throw new AssertionError("nobody writes");
    }
  }

  @Test
  void aMachineThatIsFullSaysSoAndKeepsThePage() throws DmaFault {
    assertThat(other.shareWith(FIRST, one.share(FIRST))).isTrue();
    while (frames.count(Use.FREE) > 0) {
      frames.allocate(Use.TABLE, 9);
    }
    assertThatThrownBy(() -> one.writeInt(BASE, 1)).isInstanceOf(OutOfFrames.class);
    assertThat(one.readInt(BASE)).isEqualTo(0x07070707);
    assertThat(one.state(FIRST)).isEqualTo(PageState.SHARED);
    for (long hfn = machine.base() >>> 12; hfn < machine.base() + machine.size() >>> 12; hfn++) {
      if (frames.use(hfn) == Use.TABLE) {
        frames.release(hfn);
      }
    }
    one.writeInt(BASE, 1);
    assertThat(other.readInt(BASE)).isEqualTo(0x07070707);
  }

  /** Three VMs of two groups, against arrays that nobody shares. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whateverHappensEveryoneReadsWhatItWrote(long seed) throws DmaFault {
    Random random = new Random(seed);
    GuestMemory[] memories = {one, other, stranger};
    byte[][] expected = new byte[3][PAGES << 12];
    for (int vm = 0; vm < 3; vm++) {
      memories[vm].read(BASE, expected[vm], 0, expected[vm].length);
    }
    for (int step = 0; step < 20_000; step++) {
      int vm = random.nextInt(3);
      GuestMemory memory = memories[vm];
      int page = random.nextInt(FEW);
      long gfn = FIRST + page;
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5 -> {
          byte[] bytes = {(byte) random.nextInt(2)};
          int at = (page << 12) + 16 * random.nextInt(2);
          memory.write(BASE + at, bytes, 0, 1);
          expected[vm][at] = bytes[0];
        }
        case 6 -> memory.share(gfn);
        case 7 -> memory.dropZero(gfn);
        case 8 -> memory.evict(1);
        case 9 -> {
          memory.release(gfn);
          Arrays.fill(expected[vm], page << 12, page + 1 << 12, (byte) 0);
        }
        default -> {
          long twin = FIRST + random.nextInt(FEW);
          memory.shareWith(gfn, memories[random.nextInt(3)].share(twin));
        }
      }
    }
    byte[] found = new byte[PAGES << 12];
    checkReferences(memories);
    for (int vm = 0; vm < 3; vm++) {
      memories[vm].read(BASE, found, 0, found.length);
      assertThat(found).as("VM %d", vm).isEqualTo(expected[vm]);
    }
    assertThat(one.traffic().breaks()).isGreaterThan(100);
    assertThat(one.traffic().reused()).isGreaterThan(10);
  }

  /** The references of a frame are the P2M leaves on it; none is shared by two groups. */
  private void checkReferences(GuestMemory[] memories) {
    Map<Long, Integer> leaves = new HashMap<>();
    Map<Long, Set<Integer>> groups = new HashMap<>();
    int sharedLeaves = 0;
    for (GuestMemory memory : memories) {
      for (long gfn = FIRST; gfn < FIRST + PAGES; gfn++) {
        long hfn = memory.populatedFrame(gfn);
        if (hfn >= 0) {
          leaves.merge(hfn, 1, Integer::sum);
          groups.computeIfAbsent(hfn, frame -> new HashSet<>()).add(memory.group());
        }
      }
      sharedLeaves += memory.counts().shared();
    }
    leaves.forEach((hfn, count) -> assertThat(frames.references(hfn)).isEqualTo(count));
    groups.forEach((hfn, all) -> assertThat(all).hasSize(1));
    int shared = 0;
    for (long hfn : leaves.keySet()) {
      shared += frames.use(hfn) == Use.SHARED ? frames.references(hfn) : 0;
    }
    assertThat(shared).isEqualTo(sharedLeaves);
    assertThat(frames.counts().guest()).isEqualTo(leaves.size());
  }
}
