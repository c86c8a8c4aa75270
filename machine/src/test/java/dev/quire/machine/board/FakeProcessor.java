package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;

/** A processor whose instructions do nothing but call {@link #completed}, one a nanosecond. */
abstract class FakeProcessor implements Processor {
  long time;
  long timer = Long.MAX_VALUE;
  boolean idle;
  private boolean kicked;

  /** An instruction has been completed. */
  abstract void completed();

  @Override
  public final long nanos() {
    return time;
  }

  @Override
  public final long nextTimer() {
    return timer;
  }

  @Override
  public final void run(long instructions) {
    assertThat(instructions).isPositive();
    kicked = false;
    for (long i = 0; i < instructions && !kicked && !idle(); i++) {
      time++;
      completed();
    }
  }

  @Override
  public final boolean idle() {
    if (idle && timer <= time) {
      idle = false;
      timer = Long.MAX_VALUE;
    }
    return idle;
  }

  @Override
  public final void skipTo(long nanos) {
    assertThat(nanos).isGreaterThanOrEqualTo(time);
    time = nanos;
  }

  @Override
  public final void kick() {
    kicked = true;
  }
}
