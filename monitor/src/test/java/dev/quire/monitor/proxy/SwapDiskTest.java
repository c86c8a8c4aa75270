package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.FrameTable;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A swap disk holds what was written to it, and what it says it holds. */
class SwapDiskTest {
  private static final int PAGE = 4096;
  private static final int SECTOR = BlockStore.SECTOR;
  private static final int BLOCKS = 300;
  private static final int SIZE = BLOCKS * PAGE;

  private final FakeSlots slots = new FakeSlots();
  private final SwapDisk disk = new SwapDisk(SIZE, slots, new Object());

  private static byte[] content(BlockStore disk) throws IOException {
    byte[] all = new byte[(int) disk.sectors() * SECTOR];
    disk.read(0, all, 0, all.length);
    return all;
  }

  @Test
  void aFullFileIsAskedOnceForAllThatCannotGo() throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(0x8000_0000L, SIZE)) {
      FrameTable frames = new FrameTable(memory);
      ExclusiveCache exclusive = new ExclusiveCache(memory, frames, 1, () -> capacity);
      disk.join(exclusive, DiskPages.key(3, 0));
      capacity = BLOCKS / 2;
      byte[] page = new byte[PAGE];
      for (int block = 0; block < capacity - 1; block++) {
        disk.write((long) block * PAGE / SECTOR, page, 0, PAGE);
      }
      exclusive.enter(7, 1, page);
      slots.room = 0;
      assertThat(slots.attempts).isZero();
      exclusive.enter(8, 1, page);
      assertThat(exclusive.contains(8)).as("what the disk has, too, went for it").isTrue();
      assertThat(exclusive.contains(7)).isFalse();
      assertThat(slots.attempts).isEqualTo(1);
      capacity = 0;
      exclusive.shrink();
      assertThat(exclusive.size()).isEqualTo(BLOCKS / 2 - 1);
      assertThat(slots.attempts).isLessThanOrEqualTo(3);
      exclusive.close();
    }
  }

  // ---- at random -------------------------------------------------------------------------------

  /** Frames of the cache, if there is one. */
  private int capacity;

  private @Nullable ExclusiveCache cache;
  private final byte[] model = new byte[SIZE];

  /** By block: whether anything is to be held there. */
  private final BitSet held = new BitSet();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void holdsWhatWasWritten(long seed) throws IOException {
    randomAccesses(new SplittableRandom(seed));
    assertThat(disk.counters().cached()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void holdsItInACacheToo(long seed) throws IOException {
    try (PhysicalMemory memory = new PhysicalMemory(0x8000_0000L, SIZE)) {
      FrameTable frames = new FrameTable(memory);
      ExclusiveCache exclusive = new ExclusiveCache(memory, frames, 1, () -> capacity);
      disk.join(exclusive, DiskPages.key(3, 0));
      cache = exclusive;
      randomAccesses(new SplittableRandom(seed));
      assertThat(exclusive.displaced()).isGreaterThan(100);
      exclusive.close();
      assertThat(frames.count(FrameTable.Use.CACHE)).isZero();
    }
  }

  private void randomAccesses(SplittableRandom random) throws IOException {
    for (int i = 0; i < 6000; i++) {
      int sector = random.nextInt(SIZE / SECTOR);
      int length = random.nextInt(40) * SECTOR;
      if (random.nextBoolean()) {
        sector &= -8;
        length = PAGE;
      }
      length = Math.min(length, SIZE - sector * SECTOR);
      switch (random.nextInt(6)) {
        case 0, 1 -> write(random, sector, length);
        case 2 -> discard(sector, length);
        case 3 -> slots.room = random.nextInt(BLOCKS);
        case 4 -> useCache(random);
        default -> {
          byte[] found = new byte[length + 3];
          disk.read(sector, found, 3, length);
          assertThat(Arrays.copyOfRange(found, 3, found.length))
              .isEqualTo(Arrays.copyOfRange(model, sector * SECTOR, sector * SECTOR + length));
        }
      }
      SwapDiskCounters counters = disk.counters();
      assertThat(counters.held()).isEqualTo(held.cardinality());
      assertThat(counters.filed()).isEqualTo(slots.used());
    }
    assertThat(content(disk)).isEqualTo(model);
    disk.close();
    assertThat(slots.used()).isZero();
  }

  /** The guest takes blocks and evicts them as they are; the cache gets larger and smaller. */
  private void useCache(SplittableRandom random) {
    if (cache == null) {
      return;
    }
    capacity = random.nextInt(4) == 0 ? random.nextInt(BLOCKS) : capacity;
    cache.shrink();
    for (int i = 0; i < 20; i++) {
      int block = random.nextInt(BLOCKS);
      long key = DiskPages.key(3, block);
      byte[] content = Arrays.copyOfRange(model, block * PAGE, (block + 1) * PAGE);
      byte[] taken = new byte[PAGE];
      if (cache.take(key, taken, 0)) {
        assertThat(taken).isEqualTo(content);
      }
      if (!cache.contains(key) && random.nextBoolean()) {
        cache.enter(key, 0x80000 + block, content);
      }
    }
  }

  /** What VirtioBlock does before: copies mean nothing any more. */
  private void forget(int sector, int length) {
    for (int block = sector / 8;
        cache != null && block * PAGE < sector * SECTOR + length;
        block++) {
      cache.dropCopy(DiskPages.key(3, block));
    }
  }

  /** If there is no room for a block, those before it are written, it and the others are not. */
  private void write(SplittableRandom random, int sector, int length) {
    byte[] data = new byte[length + 5];
    random.nextBytes(data);
    forget(sector, length);
    long writes = disk.counters().writes();
    int possible = BLOCKS;
    try {
      disk.write(sector, data, 5, length);
    } catch (IOException e) {
      assertThat(e).hasMessage("no room");
      possible = (int) (disk.counters().writes() - writes);
    }
    int start = sector * SECTOR;
    int end = Math.min(start + length, (start / PAGE + possible) * PAGE);
    for (int at = start; at < end; at++) {
      model[at] = data[5 + at - start];
      held.set(at / PAGE);
    }
  }

  private void discard(int sector, int length) throws IOException {
    forget(sector, length);
    disk.discard(sector, length / SECTOR);
    int first = Math.ceilDiv(sector * SECTOR, PAGE);
    for (int block = first; (block + 1) * PAGE <= sector * SECTOR + length; block++) {
      Arrays.fill(model, block * PAGE, (block + 1) * PAGE, (byte) 0);
      held.clear(block);
    }
  }

  @Test
  void aPartOfABlockThatCannotBeReadIsNotWritten() throws IOException {
    disk.write(0, new byte[PAGE], 0, PAGE);
    slots.broken = true;
    assertThatThrownBy(() -> disk.write(1, new byte[SECTOR], 0, SECTOR)).hasMessage("broken");
    assertThatThrownBy(() -> disk.read(0, new byte[PAGE], 0, PAGE)).hasMessage("broken");
    disk.read(8, new byte[PAGE], 0, PAGE);
    assertThat(slots.used()).isOne();
  }

  @Test
  void countsWhatItDoes() throws IOException {
    byte[] three = new byte[3 * PAGE];
    disk.write(8, three, 0, three.length);
    disk.changed(0);
    disk.changed(1);
    disk.changed(2);
    disk.changed(3);
    assertThat(disk.counters()).isEqualTo(new SwapDiskCounters(0, 3, 0, 0, 3, 3));
    disk.read(8, three, 0, SECTOR);
    disk.write(16, three, 0, SECTOR);
    assertThat(disk.counters()).isEqualTo(new SwapDiskCounters(1, 4, 0, 0, 3, 1));
    disk.discard(0, 8 * 100);
    assertThat(disk.counters()).isEqualTo(new SwapDiskCounters(1, 4, 3, 0, 0, 0));
  }

  // ---- a saved state -------------------------------------------------------------------------

  private static byte[] saved(SwapDisk disk) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    disk.save(new StateWriter(bytes));
    return bytes.toByteArray();
  }

  private static StateReader reader(byte[] state) {
    return new StateReader(new ByteArrayInputStream(state));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 127, 128, 129, 256, 290})
  void goesOnAsItWas(int count) throws IOException {
    SplittableRandom random = new SplittableRandom(count);
    for (int block : random.ints(0, BLOCKS).distinct().limit(count).toArray()) {
      byte[] page = new byte[PAGE];
      random.nextBytes(page);
      disk.write(8L * block, page, 0, PAGE);
    }
    byte[] state = saved(disk);
    SwapDisk copy = new SwapDisk(SIZE, new FakeSlots(), new Object());
    copy.load(reader(state));
    assertThat(copy.counters().held()).isEqualTo(count);
    assertThat(content(copy)).isEqualTo(content(disk));
    assertThat(saved(copy)).isEqualTo(state);
  }

  @Test
  void aStateOfALargerDiskIsAFault() throws IOException {
    disk.write(8L * (BLOCKS - 1), new byte[PAGE], 0, PAGE);
    byte[] state = saved(disk);
    SwapDisk smaller = new SwapDisk(SIZE - PAGE, slots, new Object());
    assertThatThrownBy(() -> smaller.load(reader(state)))
        .isInstanceOf(StateFault.class)
        .hasMessage("In the saved state's \"swapped\", the slot is 299, not from 0 to 298.");
  }

  @Test
  void sizesThatAreNotPossible() {
    for (long size : new long[] {-PAGE, 0, 4095, SwapDisk.MOST + PAGE}) {
      assertThatThrownBy(() -> new SwapDisk(size, slots, new Object()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("at most 16G is, in whole pages");
    }
  }
}
