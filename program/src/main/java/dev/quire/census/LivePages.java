package dev.quire.census;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageState;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The pages of a running guest as hashes, in parts: its own process makes an {@link #answer} from
 * its memory, whoever counts adds it to a tally. The guest goes on meanwhile and nothing of it is
 * touched, so each part is of another moment.
 */
public final class LivePages {
  /** Of an answer, so that the guest's memory is not kept from others for long. */
  private static final int BLOCKS_AT_ONCE = 4;

  private static final String BYTES = "bytes";
  private static final String BASE = "base";
  private static final String NEXT = "next";
  private static final String BLOCKS = "blocks";

  private final Tally tally;
  private long bytes;

  /** Adds a guest's memory to {@code tally}, answer by answer. */
  public LivePages(Tally tally) {
    this.tally = tally;
  }

  // ---- in the guest's process ----------------------------------------------------------------

  /**
   * Some blocks of a guest's memory.
   *
   * @param from the first block, counted from the first of RAM
   * @return {@code bytes} of RAM, its first gpa {@code base}, {@code next} where the next answer
   *     begins or -1, and {@code blocks}: their hashes by number, 8 bytes each in base 64,
   *     little-endian
   */
  public static Map<String, Object> answer(GuestMemory memory, long seed, long from) {
    long firstGfn = memory.base() / PageHasher.PAGE;
    long pages = memory.size() / PageHasher.PAGE;
    PageHasher hasher = new PageHasher(seed);
    byte[] page = new byte[PageHasher.PAGE];
    Map<String, Object> blocks = new LinkedHashMap<>();
    long number = from;
    while (number * PageHasher.BLOCK_PAGES < pages && blocks.size() < BLOCKS_AT_ONCE) {
      byte[] hashes = new byte[PageHasher.BLOCK_PAGES * Long.BYTES];
      ByteBuffer into = ByteBuffer.wrap(hashes).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < PageHasher.BLOCK_PAGES; i++) {
        long index = number * PageHasher.BLOCK_PAGES + i;
        into.putLong(
            index < pages ? hash(memory, firstGfn + index, page, hasher) : PageHasher.ABSENT);
      }
      blocks.put(Long.toString(number), Base64.getEncoder().encodeToString(hashes));
      number++;
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put(BYTES, memory.size());
    answer.put(BASE, memory.base());
    answer.put(NEXT, number * PageHasher.BLOCK_PAGES < pages ? number : -1);
    answer.put(BLOCKS, blocks);
    return answer;
  }

  private static long hash(GuestMemory memory, long gfn, byte[] page, PageHasher hasher) {
    PageState state = memory.peek(gfn, page);
    return state == PageState.UNPOPULATED || state == PageState.BALLOONED
        ? PageHasher.ABSENT
        : hasher.hash(MemorySegment.ofArray(page), 0);
  }

  // ---- where it is counted -------------------------------------------------------------------

  /** Bytes of RAM; known after the first answer. */
  public long bytes() {
    return bytes;
  }

  /**
   * Adds an answer.
   *
   * @return from which block the next one is to be; -1 if this was the last
   */
  public long add(Map<String, Object> answer) {
    if (!(answer.get(BYTES) instanceof Number size
        && answer.get(BASE) instanceof Number base
        && answer.get(NEXT) instanceof Number next
        && answer.get(BLOCKS) instanceof Map<?, ?> blocks)) {
      throw UserError.of("%s did not answer with its pages.", tally.name());
    }
    bytes = size.longValue();
    long first = base.longValue() / PageHasher.BLOCK;
    blocks.forEach(
        (number, hashes) -> add(first + Long.parseLong((String) number), (String) hashes));
    tally.room(bytes);
    return next.longValue();
  }

  private void add(long number, String text) {
    byte[] hashes = Base64.getDecoder().decode(text);
    long[] block = new long[PageHasher.BLOCK_PAGES];
    ByteBuffer.wrap(hashes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(block);
    tally.add(number, block);
  }
}
