package dev.quire.run;

import dev.quire.machine.device.ByteSink;
import dev.quire.monitor.VirtualMachine;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be typed into the guest's serial port. It goes in at a serial line's speed, since
 * Linux buffers 4 KiB of a line and drops the rest. What does not come from a terminal is held back
 * until the guest listens: until its agent is ready or, without one, the console has been silent
 * for a while. A kernel drops what comes before that.
 */
public final class GuestInput implements ByteSink {
  /** One FIFO at 115,200 baud. */
  private static final int PORTION = 16;

  private static final long PORTION_NANOS = 1_400_000;
  private static final long LOOK_NANOS = 100_000_000;
  private static final int SILENT_LOOKS = 30;

  private final LongSupplier printed;
  private final BooleanSupplier agentReady;
  private final ArrayDeque<Byte> waiting = new ArrayDeque<>();
  private @Nullable VirtualMachine vm;
  private boolean released;
  private boolean ticking;
  private long countBefore;
  private long lastCount;
  private int silentLooks;

  /**
   * @param printed how many bytes the console has printed
   * @param agentReady whether the guest's agent takes commands
   */
  public GuestInput(LongSupplier printed, BooleanSupplier agentReady) {
    this.printed = printed;
    this.agentReady = agentReady;
  }

  /** Types into that VM from now on; {@code atOnce} if the keys come from a terminal. */
  public synchronized void connect(VirtualMachine machine, boolean atOnce) {
    vm = machine;
    countBefore = printed.getAsLong(); // by a machine before a restart
    released = atOnce;
    if (!atOnce) {
      machine.clock().schedule(LOOK_NANOS, this::look);
    }
  }

  /** Any thread. */
  @Override
  public synchronized void accept(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      waiting.add(bytes[i]);
    }
    if (released) {
      machine().clock().post(this::start);
    }
  }

  /** How many bytes wait to be typed. */
  public synchronized int waiting() {
    return waiting.size();
  }

  private synchronized void look() {
    long count = printed.getAsLong();
    silentLooks = count > countBefore && count == lastCount ? silentLooks + 1 : 0;
    lastCount = count;
    released = agentReady.getAsBoolean() || silentLooks >= SILENT_LOOKS;
    if (released) {
      start();
    } else {
      machine().clock().schedule(LOOK_NANOS, this::look);
    }
  }

  private synchronized void start() {
    if (!ticking) {
      ticking = true;
      type();
    }
  }

  private synchronized void type() {
    byte[] portion = new byte[Math.min(PORTION, waiting.size())];
    for (int i = 0; i < portion.length; i++) {
      portion[i] = waiting.remove();
    }
    ticking = portion.length > 0;
    if (ticking) {
      machine().type(portion);
      machine().clock().schedule(PORTION_NANOS, this::type);
    }
  }

  private VirtualMachine machine() {
    return Objects.requireNonNull(vm);
  }
}
