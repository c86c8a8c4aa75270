package dev.quire.host.demo;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How a demonstration ended.
 *
 * @param played what came of it
 * @param events how many sentences were said while the host ran
 */
public record DemoReport(Played played, long events) {
  private static final double NANOS = 1e9;

  /** Whether every byte was right, and no program was killed. */
  public boolean isGood() {
    return played.isGood();
  }

  /** For people. */
  public String text() {
    Work work = played.work();
    Moved moved = played.moved();
    return String.format(
        Locale.ROOT,
        """
        In %.0f s the guests verified %,d MiB of what they had written; %,d bytes were wrong.
        Moved: %,d MiB by balloon, %,d MiB by swap (%,d MiB came back) and %,d MiB of zero \
        pages dropped; %,d MiB that guests reported free.
        Programs killed in the guests for want of memory: %d. Sentences: %,d.
        """,
        played.nanos() / NANOS,
        mib(work.verified()),
        work.wrong(),
        mib(moved.byBalloon()),
        mib(moved.swappedOut()),
        mib(moved.swappedIn()),
        mib(moved.zero()),
        mib(moved.reported()),
        played.oomKills(),
        events);
  }

  private static long mib(long bytes) {
    return bytes >> 20;
  }

  /** For programs; sizes are bytes. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nanos", played.nanos());
    json.put("verified", played.work().verified());
    json.put("wrong", played.work().wrong());
    json.put("passes", played.work().passes());
    json.put("moved", played.moved());
    json.put("oomKills", played.oomKills());
    json.put("sentences", events);
    json.put("guests", played.guests());
    return json;
  }
}
