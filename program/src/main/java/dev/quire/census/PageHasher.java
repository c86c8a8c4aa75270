package dev.quire.census;

import com.dynatrace.hash4j.hashing.ByteAccess;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Contents of pages as 64-bit numbers, by komihash with a seed. Two of them stand for no content:
 * {@link #ZERO} for a page of zeros and {@link #ABSENT} for one that does not exist.
 *
 * <p>Memory is hashed in blocks: 512 numbers for the pages of an aligned 2 MiB. Thread-safe.
 */
public final class PageHasher {
  /** Bytes of a page. */
  public static final int PAGE = 4096;

  /** Pages of a block. */
  public static final int BLOCK_PAGES = 512;

  /** Bytes of a block. */
  public static final int BLOCK = PAGE * BLOCK_PAGES;

  public static final long ZERO = 0;
  public static final long ABSENT = 1;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[PAGE]);
  private static final ByteAccess<MemorySegment> ACCESS = new SegmentAccess();

  private final long seed;
  private final Hasher64 hasher;

  public PageHasher(long seed) {
    this.seed = seed;
    this.hasher = Hashing.komihash5_0(seed);
  }

  public long seed() {
    return seed;
  }

  /** Of the page that begins at {@code offset}. */
  public long hash(MemorySegment memory, long offset) {
    boolean zero =
        memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset) == 0
            && MemorySegment.mismatch(memory, offset, offset + PAGE, ZEROS, 0, PAGE) < 0;
    return zero ? ZERO : content(hasher.hashBytesToLong(memory, offset, PAGE, ACCESS));
  }

  /**
   * Of several pages of a block together: equal contents give equal numbers. Absent pages count as
   * zeros where others exist.
   */
  public long combine(long[] block, int from, int pages) {
    if (pages == 1) {
      return block[from];
    }
    long[] contents = Arrays.copyOfRange(block, from, from + pages);
    boolean absent = true;
    boolean zero = true;
    for (int i = 0; i < pages; i++) {
      absent &= contents[i] == ABSENT;
      contents[i] = contents[i] == ABSENT ? ZERO : contents[i];
      zero &= contents[i] == ZERO;
    }
    if (zero) {
      return absent ? ABSENT : ZERO;
    }
    MemorySegment segment = MemorySegment.ofArray(contents);
    return content(hasher.hashBytesToLong(segment, 0, segment.byteSize(), ACCESS));
  }

  private static long content(long hash) {
    return hash == ZERO || hash == ABSENT ? hash + 2 : hash;
  }

  /** Whether the number stands for a content that is not zero. */
  public static boolean isContent(long hash) {
    return hash != ZERO && hash != ABSENT;
  }

  /** Memory as the hash reads it. */
  private static final class SegmentAccess implements ByteAccess<MemorySegment> {
    @Override
    public byte getByte(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_BYTE, index);
    }

    @Override
    public int getInt(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_INT_UNALIGNED, index);
    }

    @Override
    public long getLong(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, index);
    }
  }
}
