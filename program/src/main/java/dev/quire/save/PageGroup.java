package dev.quire.save;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Up to {@link #MOST} pages, and before them an index page: for each its number in the guest's RAM
 * and its checksum, 4 bytes each, then at the end how many there are and the index page's own
 * checksum. All groups but the last are full, and so 2 MiB long.
 */
final class PageGroup {
  /** Pages of a full group. */
  static final int MOST = 511;

  private static final int PAGE = SaveHeader.PAGE;
  private static final int ENTRY = 8;
  private static final int COUNT_AT = MOST * ENTRY;
  private static final int SUM_AT = COUNT_AT + Integer.BYTES;

  private final byte[] bytes = new byte[(1 + MOST) * PAGE];
  private final ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  private int count;

  /** Where a group starts in the file, the {@code group}th from 0. */
  static long offset(long group) {
    return PAGE + group * (1 + MOST) * PAGE;
  }

  /** What {@code pages} pages take with all index pages, in bytes. */
  static long length(long pages) {
    long groups = (pages + MOST - 1) / MOST;
    return (pages + groups) * PAGE;
  }

  int count() {
    return count;
  }

  boolean isFull() {
    return count == MOST;
  }

  /** The group as it lies in the file: so many bytes from the first on. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return (1 + count) * PAGE;
  }

  // ---- writing -------------------------------------------------------------------------------

  void clear() {
    count = 0;
    Arrays.fill(bytes, 0, PAGE, (byte) 0);
  }

  void add(int number, byte[] page) {
    System.arraycopy(page, 0, bytes, at(count), PAGE);
    numbers.putInt(count * ENTRY, number);
    numbers.putInt(count * ENTRY + Integer.BYTES, Checksum.of(page, 0, PAGE));
    count++;
  }

  /** Completes the index. */
  void seal() {
    numbers.putInt(COUNT_AT, count);
    numbers.putInt(SUM_AT, Checksum.of(bytes, 0, SUM_AT));
  }

  // ---- reading -------------------------------------------------------------------------------

  /** Says that {@link #bytes} now hold a group that should have so many pages. */
  boolean isWhole(int expected) {
    count = expected;
    return numbers.getInt(SUM_AT) == Checksum.of(bytes, 0, SUM_AT)
        && numbers.getInt(COUNT_AT) == expected;
  }

  /** The number of the {@code i}th page; may be anything in a file that somebody forged. */
  int number(int i) {
    return numbers.getInt(i * ENTRY);
  }

  boolean isPageWhole(int i) {
    return numbers.getInt(i * ENTRY + Integer.BYTES) == Checksum.of(bytes, at(i), PAGE);
  }

  /** Where the {@code i}th page lies in {@link #bytes}. */
  static int at(int i) {
    return (1 + i) * PAGE;
  }
}
