package dev.quire.host;

import dev.quire.monitor.policy.Policies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lines of recordings of former versions, as they would be now. What is damaged stays so, and is
 * found when the line is read.
 *
 * <pre>
 *   1   nothing was shared, so the machine saved nothing
 *   2   what was active was the accessed part of the pages with frames, and not sampled
 *   3   there was no proxy memory, and no policy that goes by its curves
 * </pre>
 */
final class OldRecordings {
  private OldRecordings() {}

  /** The first line. */
  static Map<?, ?> headerOfNow(Map<?, ?> header, int version) {
    return version == SnapshotLog.VERSION ? header : with(header, "alpha", Policies.DEFAULT_ALPHA);
  }

  /** A line behind the header, of a recording of that version. */
  static Map<?, ?> asOfNow(Map<?, ?> entry, int version) {
    if (version == SnapshotLog.VERSION || !(entry.get("snapshot") instanceof Map<?, ?> snapshot)) {
      return entry;
    }
    Map<?, ?> now = snapshot;
    if (version == 1 && snapshot.get("machine") instanceof Map<?, ?> machine) {
      now = with(now, "machine", with(machine, "saved", 0));
    }
    if (snapshot.get("vms") instanceof List<?> vms) {
      List<Object> vmsNow = new ArrayList<>();
      vms.forEach(vm -> vmsNow.add(vm instanceof Map<?, ?> object ? vmOfNow(object, version) : vm));
      now = with(now, "vms", vmsNow);
    }
    return with(entry, "snapshot", now);
  }

  private static Map<?, ?> vmOfNow(Map<?, ?> vm, int version) {
    Map<?, ?> sampled = version < 3 ? sampled(vm) : vm;
    return with(sampled, "proxy", Map.of("own", 0, "displaced", 0, "misses", List.of()));
  }

  /** The same part of the same bytes, of which no interval is known. */
  private static Map<?, ?> sampled(Map<?, ?> vm) {
    Map<Object, Object> now = new LinkedHashMap<>(vm);
    Object fraction = now.remove("activeFraction");
    Object pages = now.remove("sampledPages");
    double held = number(vm.get("privateBytes")) + number(vm.get("shared"));
    double touchable = number(vm.get("configured")) - number(vm.get("ballooned"));
    double part = touchable > 0 ? held / touchable : 0;
    Map<String, Object> activity = new LinkedHashMap<>();
    activity.put("fraction", fraction instanceof Number f ? f.doubleValue() * part : "missing");
    activity.put("sampledPages", pages instanceof Number ? pages : "missing");
    activity.put("touchedPages", Math.round(number(pages) * number(fraction)));
    activity.put("low", 0);
    activity.put("high", 1);
    now.put("activity", activity);
    return now;
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  private static Map<?, ?> with(Map<?, ?> object, String key, Object value) {
    Map<Object, Object> more = new LinkedHashMap<>(object);
    more.put(key, value);
    return more;
  }
}
