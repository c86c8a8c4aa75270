package dev.quire.control;

import java.io.IOException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how long a client may keep a thread that writes to it: who does not read for so long is
 * cut off, by an interrupt that closes its connection.
 */
final class WriteLimit implements AutoCloseable {
  /** Something that is written. */
  @FunctionalInterface
  interface Writing {
    void write() throws IOException;
  }

  private final long millis;
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("control-write-limit").factory());

  WriteLimit(long millis) {
    this.millis = millis;
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Has the current thread, which must be a server's for one request, write. */
  void write(Writing writing) throws IOException {
    Thread writer = Thread.currentThread();
    var cut = timer.schedule(writer::interrupt, millis, TimeUnit.MILLISECONDS);
    try {
      writing.write();
    } finally {
      cut.cancel(false);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
