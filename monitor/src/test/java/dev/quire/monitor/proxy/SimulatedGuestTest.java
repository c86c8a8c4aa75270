package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A guest that evicts in LRU order, reads nothing ahead and writes nothing: with M frames over a
 * cache of C it misses as LRU of M + C does, and the curve says what LRU of other sizes would.
 */
class SimulatedGuestTest {
  private static final long BASE = 0x8000_0000L;
  private static final int READS = 20_000;

  /** Bytes that differ from block to block. */
  private static byte[] content(int block) {
    byte[] bytes = new byte[4096];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (block * 31 + i);
    }
    return bytes;
  }

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 4 << 20);
  private final FrameTable frames = new FrameTable(machine);

  @AfterEach
  void close() {
    machine.close();
  }

  /**
   * Reads in LRU order over M frames. It may store to a frame before it has a block read there, as
   * Linux does that zeroes what it allocates: then that frame is nobody's while the block is looked
   * for.
   */
  private final class Guest {
    private final GuestMemory memory;
    private final PageTransfers disk;
    private final boolean storesFirst;
    private final Deque<Long> unused = new ArrayDeque<>();
    private final Map<Integer, Long> used = new LinkedHashMap<>(16, 0.75f, true);
    private final byte[] buffer = new byte[4096];
    private int diskReads;

    Guest(GuestMemory memory, DiskPages pages, int own, boolean storesFirst) {
      this.memory = memory;
      this.disk = pages.of(0);
      this.storesFirst = storesFirst;
      for (long gfn = BASE >>> 12; unused.size() < own; gfn++) {
        unused.add(gfn);
      }
    }

    void read(int block) throws DmaFault {
      if (used.get(block) != null) {
        return;
      }
      if (unused.isEmpty()) {
        unused.add(Objects.requireNonNull(used.remove(used.keySet().iterator().next())));
      }
      long gfn = unused.remove();
      if (storesFirst) {
        machine.writeLong(memory.frameToWrite(gfn) << 12, -1);
      }
      if (!disk.find(block, gfn << 12, buffer, 0)) {
        diskReads++;
        System.arraycopy(content(block), 0, buffer, 0, 4096);
      }
      disk.fill(block, gfn << 12, buffer, 0);
      assertThat(buffer).isEqualTo(content(block));
      used.put(block, gfn);
    }
  }

  private static int misses(int[] blocks, int size) {
    Map<Integer, Integer> lru = new LinkedHashMap<>(16, 0.75f, true);
    int misses = 0;
    for (int block : blocks) {
      if (lru.put(block, block) == null) {
        misses++;
        if (lru.size() > size) {
          var _ = lru.remove(lru.keySet().iterator().next());
        }
      }
    }
    return misses;
  }

  private static int[] reads(String kind, int blocks, Random random) {
    int[] reads = new int[READS];
    for (int i = 0; i < READS; i++) {
      reads[i] =
          switch (kind) {
            case "loop" -> i % blocks;
            case "random" -> random.nextInt(blocks);
            default -> (int) Math.pow(blocks, random.nextDouble()); // about Zipf's law
          };
    }
    return reads;
  }

  @ParameterizedTest
  @CsvSource({
    "random, 100, 20, 40, false",
    "random, 100, 20, 40, true",
    "skewed, 300, 30, 60, false",
    "skewed, 300, 30, 60, true",
    "loop, 90, 40, 50, false",
    "loop, 91, 40, 50, false",
    "random, 60, 10, 1, true",
    "skewed, 300, 50, 0, false"
  })
  void missesAsOneLruOfBothSizes(String kind, int blocks, int own, int room, boolean storesFirst)
      throws DmaFault {
    GuestMemory memory = new GuestMemory(machine, frames, null, 1, BASE, (own + 200L) << 12, false);
    for (int i = 0; i < 200; i++) {
      memory.balloon((BASE >>> 12) + own + i);
    }
    MissTrace trace = new MissTrace();
    ExclusiveCache cache = new ExclusiveCache(machine, frames, 1, () -> room);
    DiskPages pages = new DiskPages(memory, cache, trace, false);
    Guest guest = new Guest(memory, pages, own, storesFirst);
    int[] reads = reads(kind, blocks, new Random(blocks));
    for (int block : reads) {
      guest.read(block);
    }
    int nobodys = storesFirst ? 1 : 0;
    assertThat(guest.diskReads).isEqualTo(misses(reads, Math.max(own, own + room - nobodys)));
    MissCurve curve = trace.curve(own);
    assertThat(curve.misses(own)).isEqualTo(misses(reads, own), within(0.0));
    for (int size = own + nobodys; size <= curve.to(); size++) {
      assertThat(curve.misses(size))
          .as("%d frames", size)
          .isEqualTo(misses(reads, size - nobodys), within(0.0));
    }
    assertThat(curve.to()).isGreaterThan(own + room / 2);
    cache.close();
    memory.close();
  }
}
