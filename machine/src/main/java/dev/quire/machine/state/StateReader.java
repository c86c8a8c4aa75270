package dev.quire.machine.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link StateWriter} wrote, in the same order. Whatever the bytes are, the outcome is
 * values in the ranges asked for, or a {@link StateFault}. For one thread; what goes wrong with the
 * stream itself is an {@link UncheckedIOException}.
 */
public final class StateReader {
  private static final long CENTURY = 100L * 366 * 24 * 3600 * 1_000_000_000;

  private final InputStream in;
  private String section = "";
  private long origin;
  private ByteBuffer content = ByteBuffer.allocate(0);

  /** {@code in} is left open, and may be used between sections. */
  public StateReader(InputStream in) {
    this.in = in;
  }

  /** From now on instants count from {@code nanos}, a guest time. */
  public void countFrom(long nanos) {
    origin = nanos;
  }

  /**
   * Reads the next section, which must have that name: {@code part} takes its content, all of it.
   */
  public void section(String name, Consumer<StateReader> part) {
    section = name;
    byte[] title = name.getBytes(UTF_8);
    byte[] found = fromStream(fromStream(1)[0] & 0xff);
    if (!Arrays.equals(found, title)) {
      throw StateFault.of("Where the saved state should have \"%s\" is something else.", name);
    }
    int length = little(fromStream(Integer.BYTES)).getInt();
    if (length < 0 || length > StateWriter.MAX_SECTION) {
      throw StateFault.of("The saved state says that its \"%s\" has %d bytes.", name, length);
    }
    content = little(fromStream(length));
    part.accept(this);
    if (content.hasRemaining()) {
      throw StateFault.of(
          "The saved state's \"%s\" is %d bytes too long.", name, content.remaining());
    }
  }

  /** Takes memory only for what is there. */
  private byte[] fromStream(int length) {
    try {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw StateFault.of("The saved state ends within \"%s\".", section);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  public boolean getBoolean() {
    int value = has(1).get();
    if (value >>> 1 != 0) {
      throw fault("a yes or no is %d", value);
    }
    return value == 1;
  }

  public int getInt() {
    return has(Integer.BYTES).getInt();
  }

  /** A number from {@code least} to {@code most}; {@code what} is its name for the fault. */
  public int getInt(String what, int least, int most) {
    int value = getInt();
    if (value < least || value > most) {
      throw fault("%s is %d, not from %d to %d", what, value, least, most);
    }
    return value;
  }

  public long getLong() {
    return has(Long.BYTES).getLong();
  }

  /** The same for a long. */
  public long getLong(String what, long least, long most) {
    long value = getLong();
    if (value < least || value > most) {
      throw fault("%s is %d, not from %d to %d", what, value, least, most);
    }
    return value;
  }

  /** One of the constants of {@code type}. */
  public <E extends Enum<E>> E getConstant(Class<E> type) {
    String name = new String(getCounted("a name", StateWriter.MAX_NAME), UTF_8);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(name)) {
        return constant;
      }
    }
    throw fault("there is no %s \"%s\"", type.getSimpleName(), name);
  }

  /** A guest time in nanoseconds; one that is further off than a century is a fault. */
  public long getInstant() {
    return origin + getLong("an instant", -CENTURY, CENTURY);
  }

  /** Exactly {@code count} bytes. */
  public byte[] get(int count) {
    ByteBuffer from = has(count);
    byte[] bytes = new byte[count];
    from.get(bytes);
    return bytes;
  }

  /** What {@link StateWriter#putCounted} wrote; more than {@code most} bytes are a fault. */
  public byte[] getCounted(String what, int most) {
    return get(getInt("the length of " + what, 0, most));
  }

  /** A fault of the section being read; the sentence begins and ends by itself. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  public StateFault fault(String format, @Nullable Object... arguments) {
    return StateFault.of("In the saved state's \"%s\", %s.", section, format.formatted(arguments));
  }

  private ByteBuffer has(int bytes) {
    if (content.remaining() < bytes) {
      throw StateFault.of("The saved state's \"%s\" is too short.", section);
    }
    return content;
  }
}
