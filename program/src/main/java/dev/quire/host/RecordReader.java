package dev.quire.host;

import dev.quire.machine.board.UserError;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records from JSON objects that have exactly their components: whatever is missing, unknown, or of
 * another type is a UserError that names it. Components are records, lists of records, enums,
 * strings, booleans and numbers; what a record's constructor refuses is an error as well.
 */
final class RecordReader {
  private RecordReader() {}

  static <T extends Record> T read(Class<T> type, Map<?, ?> object) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(RecordComponent::getName).toList();
    for (Object key : object.keySet()) {
      if (!names.contains(String.valueOf(key))) {
        throw UserError.of("'%s' is unknown", key);
      }
    }
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(components[i], object.get(names.get(i)));
    }
    return create(type, components, values);
  }

  private static <T> T create(Class<T> type, RecordComponent[] components, Object[] values) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw new UserError(String.valueOf(refused.getMessage()), refused);
      }
      throw new IllegalStateException(type.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName(), e);
    }
  }

  private static Object value(RecordComponent component, @Nullable Object json) {
    Class<?> type = component.getType();
    if (type == List.class && json instanceof List<?> items) {
      return list(component, items);
    }
    if (type.isRecord() && json instanceof Map<?, ?> object) {
      return read(type.asSubclass(Record.class), object);
    }
    Object value = json == null ? null : simple(type, json);
    if (value == null) {
      throw UserError.of("'%s' cannot be %s", component.getName(), json);
    }
    return value;
  }

  private static List<Object> list(RecordComponent component, List<?> items) {
    var of = (ParameterizedType) component.getGenericType();
    Class<?> element = (Class<?>) of.getActualTypeArguments()[0];
    List<Object> list = new ArrayList<>();
    for (Object item : items) {
      if (!(item instanceof Map<?, ?> object)) {
        throw UserError.of("'%s' cannot hold %s", component.getName(), item);
      }
      list.add(read(element.asSubclass(Record.class), object));
    }
    return list;
  }

  /** Null if it is not of this type. */
  private static @Nullable Object simple(Class<?> type, Object json) {
    boolean whole = json instanceof Integer || json instanceof Long;
    if (type == long.class && whole) {
      return ((Number) json).longValue();
    }
    if (type == int.class && json instanceof Integer) {
      return json;
    }
    if (type == double.class && json instanceof Number number) {
      return number.doubleValue();
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> constant.toString().equals(json))
          .findFirst()
          .orElse(null);
    }
    boolean same = type == boolean.class ? json instanceof Boolean : type.isInstance(json);
    return same && (type == boolean.class || type == String.class) ? json : null;
  }
}
