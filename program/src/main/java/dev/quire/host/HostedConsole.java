package dev.quire.host;

import dev.quire.machine.device.ByteSink;
import dev.quire.monitor.VirtualMachine;
import dev.quire.run.GuestInput;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The console of a guest among others: the end of what it has printed, for any number of readers,
 * and what is typed. Outlives the guest's restarts. Any thread.
 *
 * <p>Readers are places in one ring of bytes. One that is slower than the guest finds its place
 * overwritten and misses text; the guest waits for nobody.
 */
public final class HostedConsole implements ByteSink {
  /** How much of the guest's output is kept, in bytes. */
  static final int SIZE = 1 << 16;

  private final byte[] ring = new byte[SIZE];
  private @Nullable GuestInput input;

  /** How many bytes the guest has printed; byte n of them is at n % SIZE. */
  private long printed;

  private boolean closed;

  /** What the guest prints. */
  @Override
  public synchronized void accept(byte[] bytes, int offset, int length) {
    for (int i = 0; i < length; i++) {
      ring[(int) (printed++ % SIZE)] = bytes[offset + i];
    }
    notifyAll();
  }

  /** What is kept of the guest's output. */
  public synchronized byte[] tail() {
    return from(kept());
  }

  /** The number of the first byte that is still there. */
  private long kept() {
    return Math.max(0, printed - SIZE);
  }

  private byte[] from(long start) {
    byte[] bytes = new byte[(int) (printed - start)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = ring[(int) ((start + i) % SIZE)];
    }
    return bytes;
  }

  /** A reader that gets what is kept, then what is printed from now on. */
  public Reader follow() {
    return new Reader();
  }

  /** Follows the console; of one thread. */
  public final class Reader {
    private long place;
    private long missed;

    private Reader() {}

    /**
     * What has been printed since the last call; waits for it, at most {@code millis}. Empty if
     * there was nothing, or nothing will ever come.
     */
    public byte[] read(long millis) throws InterruptedException {
      synchronized (HostedConsole.this) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; place == printed && !closed && left > 0; ) {
          HostedConsole.this.wait(left);
          left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        }
        long start = Math.max(place, kept());
        missed += start - place;
        place = printed;
        return from(start);
      }
    }

    /** How many bytes were overwritten before they were read. */
    public long missed() {
      return missed;
    }
  }

  /** Whether nothing will ever be printed any more. */
  public synchronized boolean closed() {
    return closed;
  }

  /** No guest will print here any more: nobody need wait for it. */
  public synchronized void close() {
    closed = true;
    input = null;
    notifyAll();
  }

  /**
   * Types into that VM from now on; before it runs. What was typed before is forgotten.
   *
   * @param agentReady whether the guest takes what is typed, see {@link GuestInput}
   */
  public void connect(VirtualMachine vm, BooleanSupplier agentReady) {
    GuestInput typed = new GuestInput(this::printed, agentReady);
    typed.connect(vm, false);
    setInput(typed);
  }

  /** The guest has ended: nobody is typed to. */
  public void disconnect() {
    setInput(null);
  }

  private synchronized void setInput(@Nullable GuestInput typed) {
    input = typed;
  }

  private synchronized @Nullable GuestInput input() {
    return input;
  }

  private synchronized long printed() {
    return printed;
  }

  /** How many bytes wait to be typed. */
  public int waiting() {
    GuestInput to = input();
    return to == null ? 0 : to.waiting();
  }

  /** Types {@code bytes}, at a serial line's speed; false if there is no guest to type to. */
  public boolean type(byte[] bytes) {
    GuestInput to = input();
    if (to != null) {
      to.accept(bytes, 0, bytes.length);
    }
    return to != null;
  }
}
