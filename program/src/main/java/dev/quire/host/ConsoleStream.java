package dev.quire.host;

import dev.quire.control.Streamed;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A console for one client: parts {@code {"output": "base 64"}}, and {@code {"missed": n}} where
 * the client was so slow that bytes were lost.
 */
final class ConsoleStream implements Streamed {
  /** So many bytes may wait to be typed before whoever types has to wait, too. */
  private static final int MOST_WAITING = 1 << 14;

  private static final long TYPE_SECONDS = 60;
  private static final long LOOK_MILLIS = 20;

  private final HostedConsole console;

  ConsoleStream(HostedConsole console) {
    this.console = console;
  }

  @Override
  public void sendTo(Parts parts) throws IOException, InterruptedException {
    HostedConsole.Reader reader = console.follow();
    long missed = 0;
    while (true) {
      byte[] bytes = reader.read(SILENCE_MILLIS);
      if (reader.missed() > missed) {
        parts.part(Map.of("missed", reader.missed() - missed));
        missed = reader.missed();
      }
      if (bytes.length > 0) {
        parts.part(output(bytes));
      } else if (console.closed()) {
        return;
      } else {
        parts.nothing();
      }
    }
  }

  /** The part that says that these bytes were printed. */
  static Map<String, String> output(byte[] bytes) {
    return Map.of("output", Base64.getEncoder().encodeToString(bytes));
  }

  /** Types once what was typed before has mostly gone in; a {@link UserError} if it does not. */
  static void type(HostedVm vm, byte[] keys) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(TYPE_SECONDS);
    try {
      while (vm.console().waiting() > MOST_WAITING) {
        if (System.nanoTime() > until) {
          throw UserError.of("The guest %s does not take what is typed.", vm.name());
        }
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!vm.console().type(keys)) {
      throw UserError.of("The guest %s does not run: nobody is typed to.", vm.name());
    }
  }
}
