package dev.quire.machine.board;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Timebase;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A bare hart as its clock sees it. */
abstract class HartProcessor implements Processor, Timebase {
  static final int NANOS_PER_TICK = 100;

  private @Nullable Hart hart;
  private @Nullable CommitLog log;

  /** The hart, which needs this as its time base and therefore comes second. */
  void drive(Hart hart) {
    this.hart = hart;
  }

  Hart hart() {
    return Objects.requireNonNull(hart);
  }

  @Override
  public long time() {
    return nanos() / NANOS_PER_TICK;
  }

  @Override
  public long nextTimer() {
    long tick = hart().interrupts().nextTimerTick();
    return tick > Long.MAX_VALUE / NANOS_PER_TICK ? Long.MAX_VALUE : tick * NANOS_PER_TICK;
  }

  /** Has every instruction written down from now on. */
  void trace(CommitLog newLog) {
    log = newLog;
  }

  @Override
  public void run(long instructions) {
    if (log != null) {
      log.run(hart(), instructions);
    } else {
      var _ = hart().run(instructions);
    }
  }

  @Override
  public boolean idle() {
    return hart().waiting() && !hart().interrupts().wakeReady();
  }

  @Override
  public void kick() {
    hart().requestAttention();
  }

  /** Time as the hart's instructions, and the idling between them. */
  static final class Counting extends HartProcessor {
    private long skipped;

    @Override
    public long nanos() {
      return hart().completed() + skipped;
    }

    @Override
    public void skipTo(long nanos) {
      skipped += nanos - nanos();
    }

    @Override
    public long instructionsUntil(long tick) {
      return tick > Long.MAX_VALUE / NANOS_PER_TICK
          ? Long.MAX_VALUE
          : tick * NANOS_PER_TICK - nanos();
    }
  }

  /** Time as the host's. */
  static final class Timed extends HartProcessor {
    private final Clock clock;

    Timed(Clock clock) {
      this.clock = clock;
    }

    @Override
    public long nanos() {
      return clock.now();
    }

    @Override
    public void skipTo(long nanos) {
      throw new IllegalStateException("host time skipped to " + nanos);
    }
  }
}
