package dev.quire.host;

import dev.quire.control.Streamed;
import dev.quire.host.HostControl.Guest;
import dev.quire.machine.board.UserError;
import dev.quire.run.AgentChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A command in a guest for one client: parts {@code {"output": "base 64"}}, {@code {"missed": n}}
 * where the client was so slow that bytes were lost, and at the end {@code {"status": n}}. A client
 * that goes leaves the command to itself, unless it has not begun.
 */
final class ExecStream implements Streamed, AgentChannel.Follower {
  /** What is kept for a client that does not read as fast as the guest prints, in bytes. */
  private static final int MOST = 8 << 20;

  private final Guest guest;
  private final String command;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private long missed;
  private int status = -1;
  private boolean over;

  ExecStream(Guest guest, String command) {
    this.guest = guest;
    this.command = command;
  }

  @Override
  public synchronized void printed(byte[] bytes) {
    if (printed.size() + bytes.length <= MOST) {
      printed.writeBytes(bytes);
    } else {
      missed += bytes.length;
    }
    notifyAll();
  }

  @Override
  public synchronized void ended(int exitStatus) {
    status = exitStatus;
    over = true;
    notifyAll();
  }

  @Override
  public synchronized void lost() {
    over = true;
    notifyAll();
  }

  @Override
  public void sendTo(Parts parts) throws IOException, InterruptedException {
    AgentChannel.Command submitted =
        guest.host().managed(() -> guest.vm().agent().submit(command, this));
    try {
      boolean more = true;
      while (more) {
        more = !isOver();
        List<Map<String, ?>> news = await();
        for (Map<String, ?> part : news) {
          parts.part(part);
        }
        if (news.isEmpty() && more) {
          parts.nothing();
        }
      }
    } finally {
      var _ = submitted.cancel();
    }
    if (exitStatus() < 0) {
      throw UserError.of("The guest %s ended before the command had.", guest.name());
    }
    parts.part(Map.of("status", exitStatus()));
  }

  private synchronized boolean isOver() {
    return over;
  }

  private synchronized int exitStatus() {
    return status;
  }

  /** What is new; waits for it, but not for ever. */
  private synchronized List<Map<String, ?>> await() throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SILENCE_MILLIS);
    for (long left = SILENCE_MILLIS; printed.size() == 0 && !over && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
    }
    List<Map<String, ?>> news = new ArrayList<>();
    if (printed.size() > 0) {
      news.add(ConsoleStream.output(printed.toByteArray()));
      printed.reset();
    }
    if (missed > 0) {
      news.add(Map.of("missed", missed));
      missed = 0;
    }
    return news;
  }
}
