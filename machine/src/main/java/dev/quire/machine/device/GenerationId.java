package dev.quire.machine.device;

import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The generation of a virtual machine: 16 bytes, read only, that become others when the machine
 * goes on from a saved state or as another's copy (Microsoft's "Virtual Machine Generation ID";
 * device-tree binding {@code microsoft,vmgenid}). The guest is told by an interrupt, and can throw
 * away what must not be in two places, like the state of its random number generator.
 *
 * <p>Its interrupt line is high from then on until the guest reads the new id.
 */
public final class GenerationId implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x1000;

  private static final int BYTES = 16;

  private final InterruptLine line;
  private final Consumer<byte[]> random;
  private final byte[] id = new byte[BYTES];
  private boolean unread;
  private final ByteBuffer words = ByteBuffer.wrap(id).order(ByteOrder.LITTLE_ENDIAN);

  /** {@code random} fills an array with bytes; the first id comes from it, too. */
  public GenerationId(InterruptLine line, Consumer<byte[]> random) {
    this.line = line;
    this.random = random;
    random.accept(id);
  }

  /**
   * Begins a new generation and tells the guest. The new id depends on the old one as well: a copy
   * of a copy has a third, even where randomness repeats with its seed.
   */
  public synchronized void renew() {
    byte[] fresh = new byte[BYTES];
    byte[] old = new byte[BYTES];
    random.accept(fresh);
    long seed = words.getLong(0) + Long.rotateLeft(words.getLong(Long.BYTES), Integer.SIZE);
    new SplittableRandom(seed).nextBytes(old);
    for (int i = 0; i < BYTES; i++) {
      id[i] = (byte) (fresh[i] ^ old[i]);
    }
    unread = true;
    line.set(true);
  }

  public synchronized void save(StateWriter out) {
    out.put(id);
    out.putBoolean(unread);
  }

  /** Takes over a state: the generation that was, until {@link #renew}. */
  public synchronized void load(StateReader in) {
    words.put(0, in.get(BYTES));
    unread = in.getBoolean();
    line.set(unread);
  }

  @Override
  public synchronized long read(long offset, int size) {
    if (unread) {
      unread = false;
      line.set(false);
    }
    long value = 0;
    for (int i = 0; i < size && offset + i < BYTES; i++) {
      value |= (id[(int) offset + i] & 0xffL) << Byte.SIZE * i;
    }
    return value;
  }

  @Override
  public void write(long offset, int size, long value) {}
}
