package dev.quire.control;

import dev.quire.analyze.AnalysisFormats;
import dev.quire.control.ControlCommands.Guest;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.proxy.MissTrace;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * What {@code mrc} says of a guest: its misses by the size of its memory, and what they are known
 * from. Sizes are bytes.
 *
 * @param curve of the reads since {@code since}, or of late
 * @param recent whether it is of late
 * @param since nanoseconds of the guest's time when it began to count
 * @param now the same when it was asked
 * @param configured what the guest believes to have
 * @param own M0: what it is to keep of that
 * @param kept what it keeps now: what its balloon has not taken
 * @param cache in the cache's frames now
 * @param capacity what the cache may have now
 * @param counters since the guest's start
 */
record MissCurveReport(
    MissCurve curve,
    boolean recent,
    long since,
    long now,
    long configured,
    long own,
    long kept,
    long cache,
    long capacity,
    ProxyCounters counters) {
  private static final int PAGE = 4096;
  private static final double MIB = 1 << 20;
  private static final double NANOS = 1e9;

  /** A row of the table for each such part of what the guest believes to have. */
  private static final int ROWS = 16;

  /** Answers the command; afterwards what was counted is forgotten, if that is asked for. */
  static Answer answer(Guest guest, Arguments arguments) {
    VirtualMachine vm = guest.vm();
    ProxyMemory proxy = vm.proxy();
    if (proxy == null) {
      throw new UserError(
          "This guest has no proxy memory: 'quire run' gives it one with --proxy, a host file with"
              + " proxy = true.");
    }
    MissCurveReport report =
        vm.whileStopped(() -> of(vm, proxy, arguments.has("recent"), arguments.has("reset")));
    return new Answer(report.text(), report.json());
  }

  private static MissCurveReport of(
      VirtualMachine vm, ProxyMemory proxy, boolean recent, boolean reset) {
    GuestMemory memory = vm.memory();
    synchronized (memory) {
      MissTrace trace = proxy.trace();
      int kept = proxy.kept();
      MissCurveReport report =
          new MissCurveReport(
              recent ? trace.recent(kept) : trace.curve(kept),
              recent,
              trace.since(),
              vm.clock().now(),
              memory.size(),
              proxy.own(),
              kept * (long) PAGE,
              proxy.cached(),
              proxy.capacity(),
              proxy.counters());
      if (reset) {
        proxy.reset(vm.clock().now());
      }
      return report;
    }
  }

  /** For programs; the curve as {@code quire analyze} writes curves. */
  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("source", "proxy memory");
    json.put("recent", recent);
    json.put("sinceNanos", since);
    json.put("nowNanos", now);
    json.put("configured", configured);
    json.put("own", own);
    json.put("kept", kept);
    json.put("cache", cache);
    json.put("capacity", capacity);
    json.put("reads", curve.references());
    json.put("valid", AnalysisFormats.valid(curve));
    json.put("points", AnalysisFormats.points(curve));
    json.put("counters", counters);
    return json;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    Formatter out = new Formatter(text, Locale.ROOT);
    out.format(
        "Of %.1f MiB the guest keeps %.1f (M0 is %.1f); the cache has %.1f of %.1f MiB.%n",
        configured / MIB, kept / MIB, own / MIB, cache / MIB, capacity / MIB);
    out.format(
        "Since its start it read %,d pages from its disks: %,d hits in the cache, %,d in place,"
            + " %,d disk reads.%n%n",
        counters.reads(), counters.hits(), counters.inPlace(), counters.diskReads());
    out.format(
        recent
            ? "The curve of late: of %,d reads, each weighed by its age, up to %3$.1f s%n"
            : "The curve of %,d reads from %.1f s to %.1f s of its time%n",
        curve.references(),
        since / NANOS,
        now / NANOS);
    out.format("%12s %14s %12s%n", "memory", "misses", "miss ratio");
    for (int frames : sizes()) {
      out.format(
          "%8.1f MiB %,14.0f %12.3f%s%n",
          frames * (PAGE / MIB), curve.misses(frames), curve.missRatio(frames), words(frames));
    }
    if (curve.from() > kept / PAGE) {
      out.format("Of less nothing is known: the guest kept so much when it read.%n");
    }
    out.format(
        curve.to() == curve.from()
            ? "Nothing is known of other sizes: what the guest read, it had not evicted before.%n"
            : "Beyond, nothing is known: no more than that was evicted when the guest read.%n");
    return text.toString();
  }

  /** Of the table's rows, in frames. */
  private TreeSet<Integer> sizes() {
    TreeSet<Integer> sizes = new TreeSet<>();
    sizes.add(curve.from());
    sizes.add(curve.to());
    sizes.add(cached());
    long step = configured / PAGE / ROWS;
    for (long size = step; size <= curve.to() && size <= 2 * configured / PAGE; size += step) {
      sizes.add((int) size);
    }
    sizes.removeIf(size -> size < curve.from() || size > curve.to());
    return sizes;
  }

  /** What the guest has with its cache, in frames. */
  private int cached() {
    return (int) ((kept + capacity) / PAGE);
  }

  private String words(int frames) {
    StringBuilder words = new StringBuilder();
    words.append(frames == kept / PAGE ? "  what it keeps" : "");
    words.append(frames == cached() && capacity > 0 ? "  with the cache" : "");
    words.append(frames == configured / PAGE ? "  what it believes to have" : "");
    return words.toString();
  }
}
