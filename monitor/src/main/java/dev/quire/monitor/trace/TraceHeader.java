package dev.quire.monitor.trace;

import dev.quire.machine.board.UserError;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What a trace is a trace of: the text at the beginning of its file (docs/traceformat.md).
 *
 * @param vm the VM's name, one line
 * @param clock what a nanosecond of its time was: "instructions", one each, or "host"
 * @param paging the paging method under which the trace began, as {@code --paging} names it
 * @param frames of 4 KiB that the guest has: their indexes are from 0 to below
 * @param firstGfn the guest frame number of the frame with index 0
 * @param filter frames of the LRU filter that left what is in the file; 1 if only consecutive
 *     repeats are missing
 */
public record TraceHeader(
    String vm, String clock, String paging, int frames, long firstGfn, int filter) {
  /** Bytes of a frame. */
  public static final int PAGE = 4096;

  /** More than any guest has: 64 GiB. */
  static final int MOST_FRAMES = 1 << 24;

  private static final String MAGIC = "quire-memory-trace ";
  private static final int VERSION = 1;
  private static final String SUM = "checksum ";
  private static final List<String> KEYS =
      List.of("vm", "clock", "paging", "page", "frames", "first-gfn", "filter");

  byte[] bytes() {
    String text =
        """
        %s%d
        vm %s
        clock %s
        paging %s
        page %d
        frames %d
        first-gfn %#x
        filter %d
        """
            .formatted(
                MAGIC,
                VERSION,
                vm.replace('\n', ' '),
                clock,
                paging,
                PAGE,
                frames,
                firstGfn,
                filter);
    return (text + SUM + checksum(text) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String checksum(String text) {
    CRC32C sum = new CRC32C();
    sum.update(text.getBytes(StandardCharsets.UTF_8));
    return "%08x".formatted(sum.getValue());
  }

  /** The last line of a header. */
  static boolean isLast(String line) {
    return line.startsWith(SUM);
  }

  /** Whether a file that begins with this line is a trace, of whatever version. */
  static boolean isFirst(String line) {
    return line.startsWith(MAGIC);
  }

  /**
   * What a header says.
   *
   * @param text from a line that {@link #isFirst} to one that {@link #isLast}
   */
  static TraceHeader of(Object file, String text) {
    int end = text.indexOf('\n');
    String version = text.substring(MAGIC.length(), end);
    if (!version.equals(String.valueOf(VERSION))) {
      throw UserError.of(
          "%s is a trace of version %s, and this Quire reads version %d.", file, version, VERSION);
    }
    int last = text.lastIndexOf(SUM);
    if (!text.substring(last + SUM.length()).strip().equals(checksum(text.substring(0, last)))) {
      throw damaged(file, "its header is not as it was written");
    }
    return of(file, values(text.substring(end + 1, last)));
  }

  private static Map<String, String> values(String lines) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : lines.split("\n", -1)) {
      String[] words = line.split(" ", 2);
      values.put(words[0], words[words.length - 1]);
    }
    return values;
  }

  private static TraceHeader of(Object file, Map<String, String> values) {
    if (!values.keySet().containsAll(KEYS)) {
      throw damaged(file, "its header does not say all of " + String.join(", ", KEYS));
    }
    try {
      int frames = Integer.parseInt(values.getOrDefault("frames", ""));
      int filter = Integer.parseInt(values.getOrDefault("filter", ""));
      long firstGfn = Long.decode(values.getOrDefault("first-gfn", ""));
      int page = Integer.parseInt(values.getOrDefault("page", ""));
      if (frames < 1 || frames > MOST_FRAMES || filter < 1 || page != PAGE) {
        throw new NumberFormatException("out of range");
      }
      return new TraceHeader(
          values.getOrDefault("vm", ""),
          values.getOrDefault("clock", ""),
          values.getOrDefault("paging", ""),
          frames,
          firstGfn,
          filter);
    } catch (NumberFormatException e) {
      throw damaged(file, "a number in its header is not possible");
    }
  }

  static UserError damaged(Object file, String what) {
    return UserError.of("%s is damaged: %s.", file, what);
  }
}
