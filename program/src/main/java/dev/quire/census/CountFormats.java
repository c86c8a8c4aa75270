package dev.quire.census;

import dev.quire.run.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results for programs. */
public final class CountFormats {
  private CountFormats() {}

  /** One object, or if there are several granularities a list of objects. */
  public static String json(List<Count> counts) {
    List<Map<String, Object>> objects = new ArrayList<>();
    for (Count count : counts) {
      Map<String, Object> object = numbers(count.total());
      object.put("granularity", count.granularity().bytes());
      List<Map<String, Object>> curve = new ArrayList<>();
      for (Count.Point point : count.curve()) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("sources", curve.size() + 1);
        one.put("name", point.name());
        one.putAll(numbers(point));
        one.put("twins", point.twins());
        curve.add(one);
      }
      object.put("curve", curve);
      objects.add(object);
    }
    return Json.write(objects.size() == 1 ? objects.getFirst() : objects);
  }

  private static Map<String, Object> numbers(Count.Point point) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("pages", point.pages());
    object.put("zero", point.zero());
    object.put("distinct", point.distinct());
    object.put("shareableWithin", point.shareableWithin());
    object.put("shareableBetween", point.shareableBetween());
    object.put("reclaimable", point.reclaimable());
    return object;
  }

  /** The curves: a heading, and a line for each granularity and number of sources (RFC 4180). */
  public static String csv(List<Count> counts) {
    StringBuilder text =
        new StringBuilder(
            "granularity,sources,name,pages,zero,distinct,shareableWithin,shareableBetween,"
                + "reclaimable,twins\n");
    for (Count count : counts) {
      for (int i = 0; i < count.curve().size(); i++) {
        Count.Point point = count.curve().get(i);
        text.append(count.granularity().bytes()).append(',').append(i + 1).append(',');
        text.append(quoted(point.name()));
        numbers(point).values().forEach(number -> text.append(',').append(number));
        text.append(',').append(point.twins()).append('\n');
      }
    }
    return text.toString();
  }

  private static String quoted(String name) {
    boolean plain = name.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? name : '"' + name.replace("\"", "\"\"") + '"';
  }
}
