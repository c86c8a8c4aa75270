package dev.quire.machine.device;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.util.Arrays;
import java.util.List;

/**
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0.0), 95 level-triggered
 * sources with priorities 0..7, any number of contexts; 4-byte accesses only:
 *
 * <pre>
 *   0x000000 + 4 * source      priority
 *   0x001000                   pending bits, read only
 *   0x002000 + 0x80 * context  enable bits
 *   0x200000 + 0x1000 * context  threshold; + 4: claim (read), complete (write)
 * </pre>
 *
 * A source's gateway turns a high level into one pending request, which stays until it is claimed,
 * and looks at the level again when the handler completes. The order of the contexts is the
 * board's: M and S of each hart on the bare machine, S of each vCPU in a VM.
 */
public final class Plic implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x600000;

  /** Source numbers are 1 to this. */
  public static final int MAX_SOURCE = 95;

  private static final int WORDS = (MAX_SOURCE + 32) / 32;
  private static final int MAX_PRIORITY = 7;
  private static final int PENDING = 0x1000;
  private static final int ENABLE = 0x2000;
  private static final int ENABLE_STRIDE = 0x80;
  private static final int CONTEXT = 0x200000;
  private static final int CONTEXT_STRIDE = 0x1000;

  private final List<InterruptLine> contexts;
  private final int[] priority = new int[MAX_SOURCE + 1];
  private final int[] level = new int[WORDS];
  private final int[] pending = new int[WORDS];
  private final int[] claimed = new int[WORDS];
  private final int[][] enable;
  private final int[] threshold;

  /** One wire for each context, in the order of the device tree's interrupts-extended. */
  public Plic(List<InterruptLine> contexts) {
    if (contexts.size() > (SIZE - CONTEXT) / CONTEXT_STRIDE) {
      throw new IllegalArgumentException(contexts.size() + " contexts");
    }
    this.contexts = List.copyOf(contexts);
    this.enable = new int[contexts.size()][WORDS];
    this.threshold = new int[contexts.size()];
  }

  /** The wire from a device to source {@code number}, 1..{@link #MAX_SOURCE}. */
  public InterruptLine source(int number) {
    if (number < 1 || number > MAX_SOURCE) {
      throw new IllegalArgumentException("source " + number);
    }
    return asserted -> setLevel(number, asserted);
  }

  /** Back to the state after power-on; the devices' levels stay as they are. */
  public synchronized void reset() {
    Arrays.fill(priority, 0);
    Arrays.fill(claimed, 0);
    Arrays.fill(threshold, 0);
    for (int[] bits : enable) {
      Arrays.fill(bits, 0);
    }
    System.arraycopy(level, 0, pending, 0, WORDS);
    update();
  }

  /** Writes the state, without the levels: those are the devices'. */
  public synchronized void save(StateWriter out) {
    for (int source = 1; source <= MAX_SOURCE; source++) {
      out.putInt(priority[source]);
    }
    putAll(out, pending);
    putAll(out, claimed);
    putAll(out, threshold);
    for (int[] bits : enable) {
      putAll(out, bits);
    }
  }

  private static void putAll(StateWriter out, int[] values) {
    for (int value : values) {
      out.putInt(value);
    }
  }

  /** Takes over a state and drives the contexts; before the devices that drive its sources. */
  public synchronized void load(StateReader in) {
    for (int source = 1; source <= MAX_SOURCE; source++) {
      priority[source] = in.getInt("a priority", 0, MAX_PRIORITY);
    }
    getSources(in, pending);
    getSources(in, claimed);
    for (int context = 0; context < threshold.length; context++) {
      threshold[context] = in.getInt("a threshold", 0, MAX_PRIORITY);
    }
    for (int[] bits : enable) {
      getSources(in, bits);
    }
    update();
  }

  /** There is no source 0. */
  private static void getSources(StateReader in, int[] bits) {
    for (int word = 0; word < WORDS; word++) {
      bits[word] = in.getInt();
    }
    if ((bits[0] & 1) != 0) {
      throw in.fault("interrupt source 0 is in use");
    }
  }

  private synchronized void setLevel(int source, boolean asserted) {
    put(level, source, asserted);
    if (asserted && !get(claimed, source) && !get(pending, source)) {
      put(pending, source, true);
      update();
    }
  }

  @Override
  public synchronized long read(long offset, int size) {
    checkSize(size);
    int at = (int) offset;
    if (at >= CONTEXT) {
      int context = (at - CONTEXT) / CONTEXT_STRIDE;
      int register = at % CONTEXT_STRIDE;
      if (context >= threshold.length) {
        return 0;
      }
      return register == 0 ? threshold[context] : register == 4 ? claim(context) : 0;
    }
    if (at >= ENABLE) {
      int context = (at - ENABLE) / ENABLE_STRIDE;
      int word = at % ENABLE_STRIDE / 4;
      return context < enable.length && word < WORDS ? enable[context][word] : 0;
    }
    if (at >= PENDING) {
      int word = (at - PENDING) / 4;
      return word < WORDS ? pending[word] : 0;
    }
    return at / 4 <= MAX_SOURCE ? priority[at / 4] : 0;
  }

  @Override
  public synchronized void write(long offset, int size, long value) {
    checkSize(size);
    int at = (int) offset;
    if (at >= CONTEXT) {
      writeContext((at - CONTEXT) / CONTEXT_STRIDE, at % CONTEXT_STRIDE, (int) value);
    } else if (at >= ENABLE) {
      int context = (at - ENABLE) / ENABLE_STRIDE;
      int word = at % ENABLE_STRIDE / 4;
      if (context < enable.length && word < WORDS) {
        enable[context][word] = word == 0 ? (int) value & ~1 : (int) value;
      }
    } else if (at < PENDING && at >= 4 && at / 4 <= MAX_SOURCE) {
      priority[at / 4] = (int) value & MAX_PRIORITY;
    }
    update();
  }

  private void writeContext(int context, int register, int value) {
    if (context >= threshold.length) {
      return;
    }
    if (register == 0) {
      threshold[context] = value & MAX_PRIORITY;
    } else if (register == 4 && value > 0 && value <= MAX_SOURCE && get(enable[context], value)) {
      put(claimed, value, false);
      put(pending, value, get(pending, value) || get(level, value));
    }
  }

  /** Takes the pending source of highest priority; the threshold does not matter (chapter 8). */
  private int claim(int context) {
    int source = best(context);
    if (source != 0) {
      put(pending, source, false);
      put(claimed, source, true);
      update();
    }
    return source;
  }

  private void update() {
    for (int context = 0; context < threshold.length; context++) {
      contexts.get(context).set(priority[best(context)] > threshold[context]);
    }
  }

  /** The enabled pending source of highest priority, the lowest number among equals; or 0. */
  private int best(int context) {
    int best = 0;
    for (int word = 0; word < WORDS; word++) {
      for (int bits = pending[word] & enable[context][word]; bits != 0; bits &= bits - 1) {
        int source = word * 32 + Integer.numberOfTrailingZeros(bits);
        if (priority[source] > priority[best]) {
          best = source;
        }
      }
    }
    return best;
  }

  private static boolean get(int[] bits, int source) {
    return (bits[source >>> 5] >>> source & 1) != 0;
  }

  private static void put(int[] bits, int source, boolean value) {
    int bit = 1 << source;
    bits[source >>> 5] = value ? bits[source >>> 5] | bit : bits[source >>> 5] & ~bit;
  }

  private static void checkSize(int size) {
    if (size != 4) {
      throw BusFault.INSTANCE;
    }
  }
}
