package dev.quire.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream from outside when no byte has come for too long, which ends a hanging read. */
final class StallGuard extends FilterInputStream {
  private final Thread watcher;
  private volatile long lastByteNanos = System.nanoTime();
  private volatile boolean stalled;

  StallGuard(InputStream in, Duration patience) {
    super(in);
    watcher = Thread.ofVirtual().unstarted(() -> watch(patience.toNanos()));
    watcher.start();
  }

  private void watch(long patienceNanos) {
    try {
      long left = patienceNanos;
      while (left > 0) {
        Thread.sleep(Duration.ofNanos(left));
        left = patienceNanos - (System.nanoTime() - lastByteNanos);
      }
      stalled = true;
      in.close();
    } catch (InterruptedException | IOException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      int count = in.read(bytes, offset, length);
      lastByteNanos = System.nanoTime();
      if (!stalled) {
        return count;
      }
    } catch (IOException e) {
      if (!stalled) {
        throw e;
      }
    }
    throw new IOException("no byte came for a while");
  }

  @Override
  public void close() throws IOException {
    watcher.interrupt();
    super.close();
  }
}
