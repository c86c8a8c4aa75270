package dev.quire.census;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/** Contents in a few words, for a list of them. */
final class PageWords {
  private static final int SHOWN_BYTES = 16;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final PageHasher hasher;
  private final Granularity granularity;

  PageWords(PageHasher hasher, Granularity granularity) {
    this.hasher = hasher;
    this.granularity = granularity;
  }

  /** Where only the hash is known: a page of one byte has one of 255 hashes. */
  String ofHash(long hash) {
    byte[] page = new byte[(int) granularity.bytes()];
    MemorySegment memory = MemorySegment.ofArray(page);
    for (int value = 1; value < 256; value++) {
      Arrays.fill(page, (byte) value);
      if (hashOf(memory) == hash) {
        return words(memory);
      }
    }
    return "";
  }

  /** Of a piece of a file; empty if it has changed. */
  String ofFile(MemoryFile file, long address, long hash) {
    MemorySegment memory = MemorySegment.ofArray(new byte[(int) granularity.bytes()]);
    file.read(address, memory, new boolean[granularity.pages()]);
    return hashOf(memory) == hash ? words(memory) : "";
  }

  private long hashOf(MemorySegment memory) {
    long[] pages = new long[granularity.pages()];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = hasher.hash(memory, (long) i * PageHasher.PAGE);
    }
    return hasher.combine(pages, 0, pages.length);
  }

  private static String words(MemorySegment memory) {
    long size = memory.byteSize();
    if (repeats(memory, 1)) {
      return String.format(Locale.ROOT, "all bytes %02x", memory.get(ValueLayout.JAVA_BYTE, 0));
    }
    if (repeats(memory, Long.BYTES)) {
      return String.format(Locale.ROOT, "all words %016x", memory.get(WORD, 0));
    }
    long start = 0;
    while (memory.get(ValueLayout.JAVA_BYTE, start) == 0) {
      start++;
    }
    StringBuilder hexadecimal = new StringBuilder();
    StringBuilder text = new StringBuilder();
    for (long i = start; i < Math.min(size, start + SHOWN_BYTES); i++) {
      int value = memory.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      hexadecimal.append(String.format(Locale.ROOT, "%02x", value));
      text.append(value >= ' ' && value <= '~' ? (char) value : '.');
    }
    return "from byte %d on: %s '%s'".formatted(start, hexadecimal, text);
  }

  /** Whether what comes after the first {@code bytes} is what comes before the last ones. */
  private static boolean repeats(MemorySegment memory, long bytes) {
    long size = memory.byteSize();
    return memory.asSlice(bytes).mismatch(memory.asSlice(0, size - bytes)) < 0;
  }
}
