package dev.quire.machine.state;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.function.Consumer;

/** States of single parts, as one section each. */
public final class States {
  private static final String NAME = "part";

  private States() {}

  public static byte[] save(Consumer<StateWriter> part) {
    return save(0, part);
  }

  /** With instants from {@code origin}. */
  public static byte[] save(long origin, Consumer<StateWriter> part) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StateWriter out = new StateWriter(bytes);
    out.countFrom(origin);
    out.section(NAME, part);
    return bytes.toByteArray();
  }

  public static void load(byte[] state, Consumer<StateReader> part) {
    load(state, 0, part);
  }

  public static void load(byte[] state, long origin, Consumer<StateReader> part) {
    StateReader in = new StateReader(new ByteArrayInputStream(state));
    in.countFrom(origin);
    in.section(NAME, part);
  }

  /** Hands out copies of {@code state} with each byte damaged in some ways. */
  public static void damage(byte[] state, Consumer<byte[]> test) {
    Random random = new Random(state.length);
    for (int at = 0; at < state.length; at++) {
      for (int value : new int[] {state[at] ^ 1, ~state[at], 0x7f, random.nextInt()}) {
        byte[] damaged = state.clone();
        damaged[at] = (byte) value;
        test.accept(damaged);
      }
    }
  }
}
