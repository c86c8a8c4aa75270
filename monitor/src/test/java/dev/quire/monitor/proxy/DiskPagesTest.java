package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageState;
import dev.quire.monitor.memory.PageWatcher.Change;
import dev.quire.monitor.memory.SwapFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks of disks in pages of a guest and in the cache, without a guest. */
class DiskPagesTest {
  private static final long BASE = 0x8000_0000L;
  private static final long FIRST = BASE >>> 12;
  private static final int PAGES = 32;
  private static final int BLOCKS = 48;
  private static final int DISKS = 2;
  private static final int GROUP = 7;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 4 * PAGES << 12);
  private final FrameTable frames = new FrameTable(machine);
  private final SwapFile swap = SwapFile.in(folder);
  private final GuestMemory memory =
      new GuestMemory(machine, frames, swap, 1, BASE, PAGES << 12, false);
  private final MissTrace trace = new MissTrace();
  private int room = PAGES / 2;
  private final ExclusiveCache cache = new ExclusiveCache(machine, frames, 1, () -> room);
  private final DiskPages pages = new DiskPages(memory, cache, trace, true);
  private final byte[][][] disks = new byte[DISKS][BLOCKS][4096];
  private final byte[] buffer = new byte[8192];

  @AfterEach
  void close() {
    cache.close();
    memory.close();
    assertThat(frames.count(Use.FREE)).isEqualTo(frames.total());
    machine.close();
    swap.close();
  }

  private PageTransfers disk(int disk) {
    return pages.of(disk);
  }

  /** As the device does it; whether the disk itself was needed. */
  private boolean read(int disk, int block, long gfn) throws DmaFault {
    boolean found = disk(disk).find(block, gfn << 12, buffer, 100);
    byte[] content = found ? Arrays.copyOfRange(buffer, 100, 4196) : disks[disk][block];
    if (found) {
      disk(disk).compared(block, Arrays.equals(content, disks[disk][block]));
    }
    disk(disk).fill(block, gfn << 12, content, 0);
    return !found;
  }

  private void write(int disk, int block, long gfn) throws DmaFault {
    disk(disk).take(block, gfn << 12, buffer, 0);
    disks[disk][block] = Arrays.copyOf(buffer, 4096);
  }

  /** As a vCPU does it, once it has come to the monitor for it. */
  private void store(long gfn, int value) {
    machine.writeByte((memory.frameToWrite(gfn) << 12) + 5, (byte) value);
  }

  private byte[] page(long gfn) {
    byte[] page = new byte[4096];
    var _ = memory.peek(gfn, page);
    return page;
  }

  @Test
  void noTwoBlocksOfAnyDisksAreCalledTheSame() {
    long last = Long.MAX_VALUE / PageTransfers.PAGE;
    assertThat(DiskPages.key(0, last)).isLessThan(DiskPages.key(1, 0));
    assertThat(DiskPages.key(7, last) + 1).isPositive();
  }

  @Test
  void aStoreToAPageThatMatchesABlockIsAnEviction() throws DmaFault {
    disks[0][3][9] = 77;
    assertThat(read(0, 3, FIRST)).isTrue();
    assertThat(memory.isReadOnly(FIRST)).isTrue();
    assertThat(cache.size()).isZero();
    store(FIRST, 1);
    assertThat(memory.isReadOnly(FIRST)).isFalse();
    assertThat(cache.contains(DiskPages.key(0, 3))).isTrue();
    assertThat(frames.count(Use.CACHE)).isEqualTo(1);
    assertThat(read(0, 3, FIRST + 1)).isFalse();
    assertThat(page(FIRST + 1)).isEqualTo(disks[0][3]);
    assertThat(cache.size()).isZero();
    assertThat(pages.counters())
        .returns(2L, ProxyCounters::reads)
        .returns(1L, ProxyCounters::hits)
        .returns(1L, ProxyCounters::byStore)
        .returns(1L, ProxyCounters::checked)
        .returns(0L, ProxyCounters::wrong);
  }

  @Test
  void butAProgramKeepsThePage() throws DmaFault {
    var _ = read(0, 3, FIRST);
    machine.writeByte(memory.frameToWrite(FIRST, Change.PROGRAM_STORE) << 12, (byte) 1);
    assertThat(memory.isReadOnly(FIRST)).isFalse();
    assertThat(cache.size()).isZero();
    assertThat(pages.counters())
        .returns(0L, ProxyCounters::byStore)
        .returns(1L, ProxyCounters::changed);
  }

  @Test
  void soIsAReportATransferAndTheBalloon() throws DmaFault {
    for (int block = 0; block < 3; block++) {
      var _ = read(1, block, FIRST + block);
    }
    memory.discard(FIRST);
    memory.write(BASE + 4096 + 17, new byte[] {1}, 0, 1);
    memory.balloon(FIRST + 2);
    assertThat(cache.size()).isEqualTo(3);
    assertThat(pages.counters())
        .returns(1L, ProxyCounters::byReport)
        .returns(1L, ProxyCounters::byTransfer)
        .returns(1L, ProxyCounters::byBalloon);
  }

  @Test
  void aBlockThatAnotherPageStillMatchesComesFromThere() throws DmaFault {
    disks[0][1][0] = 5;
    var _ = read(0, 1, FIRST);
    assertThat(read(0, 1, FIRST + 9)).isFalse();
    assertThat(pages.pageOf(DiskPages.key(0, 1))).isEqualTo(FIRST + 9);
    store(FIRST, 1);
    assertThat(cache.size()).isZero();
    assertThat(pages.counters().inPlace()).isEqualTo(1);
  }

  @Test
  void aFileWriteIsAFalseEvictionUntilItIsWrittenBack() throws DmaFault {
    var _ = read(0, 1, FIRST);
    store(FIRST, 1);
    assertThat(cache.size()).isEqualTo(1);
    write(0, 1, FIRST);
    assertThat(cache.size()).isZero();
    assertThat(pages.pageOf(DiskPages.key(0, 1))).isEqualTo(FIRST);
    store(FIRST, 2); // after it was written back, the page matched again
    write(0, 1, FIRST + 1);
    assertThat(pages.counters())
        .returns(1L, ProxyCounters::falseEvictions)
        .returns(1L, ProxyCounters::overwritten);
    assertThat(disks[0][1][5]).isZero();
  }

  @Test
  void aPageThatAPagingMethodKeepsMatchesNothing() throws DmaFault {
    memory.keep(null);
    var _ = memory.frameFor(FIRST);
    memory.setKept(FIRST, GuestMemory.OWN_WRITES);
    var _ = read(0, 1, FIRST);
    assertThat(pages.matching()).isZero();
    memory.setKept(FIRST, 0);
  }

  @Test
  void framesThatOthersNeedComeFromTheCacheFirst() throws DmaFault {
    for (int block = 0; block < 14; block++) {
      var _ = read(0, block, FIRST + block);
      store(FIRST + block, 1);
    }
    frames.keepBack(frames.count(Use.FREE) + 11);
    assertThat(memory.makeRoom()).isTrue();
    assertThat(frames.isShort()).isFalse();
    assertThat(memory.counts().swapped()).isZero();
    assertThat(cache.size()).isLessThanOrEqualTo(3);
  }

  /**
   * Whatever happens: cached bytes are the disk's, as are those of a page that matches a block; no
   * block is in the cache while a page matches it; and the frames add up.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void cachedBytesAreTheDisks(long seed) throws DmaFault {
    Random random = new Random(seed);
    memory.join(GROUP);
    for (byte[][] disk : disks) {
      for (byte[] block : disk) {
        Arrays.fill(block, (byte) random.nextInt(3)); // pages of which are alike, some all zeros
      }
    }
    for (int i = 0; i < 4000; i++) {
      anything(random);
      checkAll();
    }
    assertThat(pages.counters().wrong()).isZero();
    assertThat(pages.counters().hits()).isPositive();
    assertThat(pages.counters().inPlace()).isPositive();
    assertThat(pages.counters().falseEvictions()).isPositive();
  }

  private void anything(Random random) throws DmaFault {
    long gfn = FIRST + random.nextInt(PAGES);
    int disk = random.nextInt(DISKS);
    int block = random.nextInt(BLOCKS);
    switch (random.nextInt(17)) {
      case 0, 1, 2, 3, 4 -> read(disk, block, gfn);
      case 5 -> write(disk, block, gfn);
      case 15 -> {
        var _ = read(disk, block, gfn);
        store(gfn, random.nextInt());
        write(disk, block, gfn);
      }
      case 6, 7 -> store(gfn, random.nextInt());
      case 8 -> memory.write((gfn << 12) + random.nextInt(4096), new byte[] {1}, 0, 1);
      case 9 -> {
        int count = 1 + random.nextInt(Math.min(3, BLOCKS - block));
        disk(disk).forget(block, count);
        for (int i = block; i < block + count; i++) {
          disks[disk][i] = disks[disk][i].clone();
          disks[disk][i][random.nextInt(4096)]++;
        }
      }
      case 10 -> memory.discard(gfn);
      case 11 -> memory.balloon(gfn);
      case 12 -> {
        memory.deflate(gfn);
        room = random.nextInt(PAGES);
        cache.shrink();
      }
      case 13 -> memory.move(gfn);
      case 14 -> share(gfn, FIRST + random.nextInt(PAGES));
      default -> {
        var _ = memory.dropZero(gfn);
        var _ = memory.evict(2);
      }
    }
  }

  private void share(long gfn, long with) {
    long hfn = memory.share(gfn);
    if (hfn >= 0 && gfn != with) {
      var _ = memory.shareWith(with, hfn);
    }
  }

  private void checkAll() {
    int cached = 0;
    int matching = 0;
    for (int disk = 0; disk < DISKS; disk++) {
      for (int block = 0; block < BLOCKS; block++) {
        long key = DiskPages.key(disk, block);
        long gfn = pages.pageOf(key);
        if (cache.read(key, buffer, 0)) {
          cached++;
          assertThat(gfn).isEqualTo(-1);
          assertThat(Arrays.copyOf(buffer, 4096)).isEqualTo(disks[disk][block]);
        } else if (gfn >= 0) {
          matching++;
          assertThat(memory.isReadOnly(gfn)).isTrue();
          assertThat(memory.state(gfn)).isNotEqualTo(PageState.BALLOONED);
          assertThat(page(gfn)).isEqualTo(disks[disk][block]);
        }
      }
    }
    assertThat(cache.size()).isEqualTo(cached);
    assertThat(pages.matching()).isEqualTo(matching);
    FrameTable.Counts counts = frames.counts();
    assertThat(counts.cache()).isEqualTo(cache.frames()).isLessThanOrEqualTo(room);
    assertThat(counts.free() + counts.guest() + counts.cache()).isEqualTo(frames.total());
  }

  // ---- a swap disk ---------------------------------------------------------------------------

  /** A disk for swap, joined with the cache, as its device uses it. */
  private final class Swap {
    final FakeSlots slots = new FakeSlots();
    final SwapDisk disk = new SwapDisk(BLOCKS << 12, slots, memory);
    final PageTransfers transfers = pages.of(DISKS, disk);

    void out(int block, long gfn) throws DmaFault, IOException {
      transfers.take(block, gfn << 12, buffer, 0);
      disk.write(8L * block, buffer, 0, 4096);
    }

    /** Whether it came from memory. */
    boolean in(int block, long gfn) throws DmaFault, IOException {
      boolean found = transfers.find(block, gfn << 12, buffer, 0);
      byte[] content = buffer.clone();
      disk.read(8L * block, content, 0, 4096); // found or not: hits are compared
      if (found) {
        assertThat(content).startsWith(Arrays.copyOf(buffer, 4096));
      } else {
        System.arraycopy(content, 0, buffer, 0, 4096);
      }
      transfers.fill(block, gfn << 12, buffer, 0);
      return found;
    }

    void holds(long cached, long filed, long stale) {
      assertThat(disk.counters())
          .returns(cached, SwapDiskCounters::cached)
          .returns(filed, SwapDiskCounters::filed)
          .returns(stale, SwapDiskCounters::stale);
    }
  }

  @Test
  void whatIsSwappedOutComesBackFromTheCacheAndStaysInTheFile() throws DmaFault, IOException {
    Swap swapped = new Swap();
    store(FIRST, 42);
    byte[] content = page(FIRST);
    swapped.out(3, FIRST);
    swapped.holds(1, 0, 0);
    store(FIRST, 1);
    assertThat(swapped.in(3, FIRST + 1)).isTrue();
    assertThat(page(FIRST + 1)).isEqualTo(content);
    swapped.holds(0, 1, 0);
    // Dropped as it was, and wanted again: the cache has a copy, the file the content.
    store(FIRST + 1, 2);
    assertThat(cache.size()).isOne();
    swapped.holds(0, 1, 1);
    assertThat(swapped.in(3, FIRST + 2)).isTrue();
    swapped.holds(0, 1, 0);
    assertThat(page(FIRST + 2)).isEqualTo(content);
    machine.writeByte(memory.frameToWrite(FIRST + 2, Change.PROGRAM_STORE) << 12, (byte) 1);
    assertThat(cache.size()).isZero();
    swapped.holds(0, 1, 1);
    assertThat(swapped.in(3, FIRST + 3)).isFalse();
    assertThat(page(FIRST + 3)).isEqualTo(content);
    swapped.holds(0, 1, 0);
  }

  /** Also where it is not compared, so that the disk itself is not asked. */
  @Test
  void whatComesFromTheCacheIsReadFromTheSwapDisk() throws DmaFault, IOException {
    SwapDisk swapped = new SwapDisk(BLOCKS << 12, new FakeSlots(), memory);
    DiskPages unchecked = new DiskPages(memory, cache, trace, false);
    PageTransfers transfers = unchecked.of(DISKS, swapped);
    transfers.take(1, BASE, buffer, 0);
    swapped.write(8, buffer, 0, 4096);
    for (int i = 1; i < 3; i++) {
      assertThat(transfers.find(1, BASE + 4096, buffer, 0)).isTrue();
      transfers.fill(1, BASE + 4096, buffer, 0);
      assertThat(swapped.counters()).isEqualTo(new SwapDiskCounters(i, 1, 0, 0, 1, 0));
      store(FIRST + 1, i);
      assertThat(swapped.counters().stale()).isOne();
    }
  }

  /** Then it can go nowhere: it stays in the cache, and is read from there. */
  @Test
  void whatTheFileHasNoRoomForStays() throws DmaFault, IOException {
    Swap swapped = new Swap();
    swapped.slots.room = 0;
    store(FIRST, 42);
    byte[] content = page(FIRST);
    swapped.out(3, FIRST);
    for (int i = 1; i < 4; i++) {
      assertThat(swapped.in(3, FIRST + i)).isTrue();
      assertThat(page(FIRST + i)).isEqualTo(content);
      swapped.holds(1, 0, 0);
    }
    room = 0;
    cache.shrink();
    assertThat(cache.size()).isOne();
    assertThatThrownBy(() -> swapped.out(4, FIRST)).hasMessage("no room");
    swapped.out(3, FIRST);
    swapped.disk.discard(0, 8 * BLOCKS);
    assertThat(cache.size()).isZero();
    swapped.holds(0, 0, 0);
  }
}
