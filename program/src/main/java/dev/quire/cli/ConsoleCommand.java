package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlClient.Subject;
import dev.quire.control.ControlFolder;
import dev.quire.host.GuestCommands;
import dev.quire.machine.board.UserError;
import dev.quire.run.RawTerminal;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire console VM}: the console of a guest of a host, until Ctrl-] or the host's end. */
@Command(
    name = "console",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the console of a guest of a running host, and types what is typed here;",
      "Ctrl-] ends that. What is no terminal is typed as it is, until the host ends."
    })
final class ConsoleCommand implements Callable<Integer> {
  private static final byte ESCAPE = 0x1d;
  private static final int PORTION = 4096;

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(index = "0", paramLabel = "VM", description = "A guest's name, or HOST/VM.")
  private String vm = "";

  private final ControlClient client = new ControlClient(ControlFolder.ofUser());

  /** Is done when nothing is to be shown any more. */
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  @Override
  public Integer call() {
    Subject guest = client.guest(vm);
    try (RawTerminal terminal = RawTerminal.ofStandardInput(true)) {
      if (terminal.isRaw()) {
        say("Ctrl-] ends this view; the guest goes on.");
      }
      Thread.ofPlatform().daemon().name("console").start(() -> until(() -> show(guest)));
      Thread.ofPlatform().daemon().name("keyboard").start(() -> type(guest, terminal.isRaw()));
      end.join();
      return 0;
    } catch (CompletionException e) {
      if (e.getCause() instanceof UserError mistake) {
        throw mistake;
      }
      throw e;
    }
  }

  /** The end comes with that of {@code action}. */
  private void until(Runnable action) {
    try {
      action.run();
      end.complete(null);
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  private void show(Subject guest) {
    Arguments none = Arguments.ofWords(GuestCommands.CONSOLE, List.of());
    client.follow(
        guest, GuestCommands.CONSOLE, none, part -> ExecCommand.show(part, System.out, spec));
  }

  private void type(Subject guest, boolean terminal) {
    byte[] bytes = new byte[PORTION];
    try {
      for (int count = System.in.read(bytes); count >= 0; count = System.in.read(bytes)) {
        int keys = terminal ? beforeEscape(bytes, count) : count;
        send(guest, Arrays.copyOf(bytes, keys), terminal);
        if (keys < count) {
          end.complete(null);
          return;
        }
      }
    } catch (IOException e) {
      return; // whoever typed is gone: as at the end of the input
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  private static int beforeEscape(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] == ESCAPE) {
        return i;
      }
    }
    return count;
  }

  /** At a terminal a guest that does not run is no reason to go: it may start again. */
  private void send(Subject guest, byte[] keys, boolean terminal) {
    if (keys.length == 0) {
      return;
    }
    String text = Base64.getEncoder().encodeToString(keys);
    try {
      var _ =
          client.ask(
              guest,
              GuestCommands.TYPE,
              Arguments.ofJson(GuestCommands.TYPE, Map.of("keys", text)),
              true);
    } catch (UserError e) {
      if (!terminal) {
        throw e;
      }
      say(String.valueOf(e.getMessage()));
    }
  }

  private void say(String sentence) {
    spec.commandLine().getErr().print(sentence + "\r\n");
    spec.commandLine().getErr().flush();
  }
}
