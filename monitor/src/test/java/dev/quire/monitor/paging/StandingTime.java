package dev.quire.monitor.paging;

import dev.quire.machine.hart.Timebase;

/** A clock that stands still: no timer is ever due. */
final class StandingTime implements Timebase {
  @Override
  public long time() {
    return 0;
  }

  @Override
  public long instructionsUntil(long tick) {
    return Long.MAX_VALUE;
  }
}
