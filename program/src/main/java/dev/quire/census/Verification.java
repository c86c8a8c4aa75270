package dev.quire.census;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A second look at files: each piece whose hash occurs more than once is compared in full with the
 * first piece of that hash. Takes 16 bytes for each content that is repeated.
 */
public final class Verification {
  private static final int SOURCE_SHIFT = 48;
  private static final int ADDRESS_SHIFT = 12;

  /** The repeated contents of one granularity, and where each was first seen. */
  private static final class Firsts {
    private static final long NOWHERE = -1;

    private final List<long[]> hashes;
    private final List<long[]> places = new ArrayList<>();

    /** {@code repeated} are ascending over all runs. */
    Firsts(HashRuns repeated) {
      hashes = repeated.sorted();
      for (long[] run : hashes) {
        long[] none = new long[run.length];
        Arrays.fill(none, NOWHERE);
        places.add(none);
      }
    }

    /** The run that can hold a hash. */
    private int runOf(long hash) {
      int low = 0;
      int high = hashes.size();
      while (low < high) {
        int middle = (low + high) / 2;
        if (hashes.get(middle)[0] <= hash) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }

    /** Where the hash was first seen; {@code here} if that is now, or if it is not repeated. */
    long firstOf(long hash, long here) {
      int run = runOf(hash);
      int index = run < 0 ? -1 : Arrays.binarySearch(hashes.get(run), hash);
      if (index < 0) {
        return here;
      }
      long[] known = places.get(run);
      if (known[index] == NOWHERE) {
        known[index] = here;
      }
      return known[index];
    }
  }

  private final List<MemoryFile> files;
  private final PageHasher hasher;
  private final Map<Granularity, HashRuns> repeated;

  private final boolean[] present = new boolean[PageHasher.BLOCK_PAGES];
  private final boolean[] otherPresent = new boolean[PageHasher.BLOCK_PAGES];
  private final long[] block = new long[PageHasher.BLOCK_PAGES];

  private long compared;
  private long different;
  private long changed;

  Verification(List<MemoryFile> files, PageHasher hasher, Map<Granularity, HashRuns> repeated) {
    this.files = files;
    this.hasher = hasher;
    this.repeated = repeated;
  }

  /** Pieces that were compared, each with the first of its hash. */
  public long compared() {
    return compared;
  }

  /** Of those: pieces that differ from it, though their hashes are the same. */
  public long different() {
    return different;
  }

  /** Pieces that could not be compared, for a file has changed since it was counted. */
  public long changed() {
    return changed;
  }

  void run(LongConsumer progress) {
    repeated.forEach((granularity, hashes) -> run(granularity, new Firsts(hashes), progress));
  }

  private void run(Granularity granularity, Firsts firsts, LongConsumer progress) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(PageHasher.BLOCK, PageHasher.PAGE);
      MemorySegment first = arena.allocate(granularity.bytes(), PageHasher.PAGE);
      for (int source = 0; source < files.size(); source++) {
        MemoryFile file = files.get(source);
        for (long number = file.nextBlock(0); number >= 0; number = file.nextBlock(number + 1)) {
          long address = number * PageHasher.BLOCK;
          int bytes = file.read(address, memory, present);
          FileReading.hash(hasher, memory, present, block);
          check(granularity, firsts, source, address, memory, first);
          progress.accept(bytes);
        }
      }
    }
  }

  private void check(
      Granularity granularity,
      Firsts firsts,
      int source,
      long address,
      MemorySegment memory,
      MemorySegment first) {
    for (int i = 0; i < block.length; i += granularity.pages()) {
      long hash = hasher.combine(block, i, granularity.pages());
      long offset = (long) i * PageHasher.PAGE;
      long here = (long) source << SOURCE_SHIFT | (address + offset) >>> ADDRESS_SHIFT;
      long place = PageHasher.isContent(hash) ? firsts.firstOf(hash, here) : here;
      if (place != here) {
        long firstAddress = (place << (Long.SIZE - SOURCE_SHIFT)) >>> (Long.SIZE - SOURCE_SHIFT);
        MemoryFile file = files.get((int) (place >>> SOURCE_SHIFT));
        file.read(firstAddress << ADDRESS_SHIFT, first, otherPresent);
        compare(memory.asSlice(offset, granularity.bytes()), first, hash);
      }
    }
  }

  private void compare(MemorySegment piece, MemorySegment first, long hash) {
    if (piece.mismatch(first) < 0) {
      compared++;
    } else if (hashOf(first) == hash) {
      compared++;
      different++;
    } else {
      changed++;
    }
  }

  /** Of a whole piece. */
  private long hashOf(MemorySegment piece) {
    long[] pages = new long[(int) (piece.byteSize() / PageHasher.PAGE)];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = hasher.hash(piece, (long) i * PageHasher.PAGE);
    }
    return hasher.combine(pages, 0, pages.length);
  }
}
