package dev.quire.machine.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Writes a state, section by section:
 *
 * <pre>
 *   name's length 1, name in UTF-8, content's length 4, content
 * </pre>
 *
 * For one thread. What goes wrong with the stream is an {@link UncheckedIOException}.
 */
public final class StateWriter {
  /** Most bytes of a section's content. */
  public static final int MAX_SECTION = 64 << 20;

  static final int MAX_NAME = 64;

  private final OutputStream out;
  private ByteBuffer content = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);
  private boolean inSection;
  private long origin;

  /** {@code out} is left open, and may be used between sections. */
  public StateWriter(OutputStream out) {
    this.out = out;
  }

  /** From now on instants count from {@code nanos}, a guest time. */
  public void countFrom(long nanos) {
    origin = nanos;
  }

  /** Writes a section: {@code part} puts its content in. */
  public void section(String name, Consumer<StateWriter> part) {
    byte[] title = name.getBytes(UTF_8);
    if (inSection || title.length > MAX_NAME) {
      throw new IllegalStateException("section " + name);
    }
    inSection = true;
    content.clear();
    part.accept(this);
    inSection = false;
    ByteBuffer header = ByteBuffer.allocate(1 + title.length + Integer.BYTES);
    header.order(ByteOrder.LITTLE_ENDIAN);
    header.put((byte) title.length).put(title).putInt(content.position());
    try {
      out.write(header.array());
      out.write(content.array(), 0, content.position());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void putBoolean(boolean value) {
    room(1).put((byte) (value ? 1 : 0));
  }

  public void putInt(int value) {
    room(Integer.BYTES).putInt(value);
  }

  public void putLong(long value) {
    room(Long.BYTES).putLong(value);
  }

  /** A constant by its name. */
  public void putConstant(Enum<?> constant) {
    putCounted(constant.name().getBytes(UTF_8));
  }

  /** A guest time in nanoseconds, which becomes the same distance from the reader's origin. */
  public void putInstant(long nanos) {
    putLong(nanos - origin);
  }

  /** Bytes whose number the reader knows. */
  public void put(byte[] bytes) {
    put(bytes, 0, bytes.length);
  }

  /** The same, some of an array. */
  public void put(byte[] bytes, int offset, int length) {
    room(length).put(bytes, offset, length);
  }

  /** Bytes after their number. */
  public void putCounted(byte[] bytes) {
    putInt(bytes.length);
    put(bytes);
  }

  private ByteBuffer room(int bytes) {
    if (!inSection) {
      throw new IllegalStateException("content outside of a section");
    }
    if (content.remaining() < bytes) {
      long needed = (long) content.position() + bytes;
      if (needed > MAX_SECTION) {
        throw new IllegalStateException("a section of " + needed + " bytes");
      }
      int capacity = (int) Math.min(MAX_SECTION, Math.max(needed, 2L * content.capacity()));
      int position = content.position();
      content = ByteBuffer.wrap(Arrays.copyOf(content.array(), capacity));
      content.order(ByteOrder.LITTLE_ENDIAN).position(position);
    }
    return content;
  }
}
