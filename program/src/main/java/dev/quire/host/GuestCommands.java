package dev.quire.host;

import dev.quire.control.Answer;
import dev.quire.control.Arguments;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.ControlCommand.Handler;
import dev.quire.control.ControlCommands;
import dev.quire.host.HostControl.Guest;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.policy.Target;
import dev.quire.run.Report;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What can be asked of a guest of a host, in the order of lists for users. */
public final class GuestCommands {
  private static final int MAX_SHARES = VmEntry.MAX_SHARES + 1;
  private static final String AUTO = "auto";

  /** A guest that was asked to has powered off by then, unless its time runs slower than ours. */
  private static final long STOP_SECONDS = 60;

  public static final ControlCommand<Guest> CONSOLE =
      new ControlCommand<>(
          "console",
          List.of(),
          "Shows a guest's console and types to it; Ctrl-] ends that.",
          (guest, arguments) -> new ConsoleStream(guest.vm().console()));

  /** Carries what is typed while {@link #CONSOLE} is followed. */
  public static final ControlCommand<Guest> TYPE =
      new ControlCommand<>(
          "type",
          List.of(Argument.required("keys", "Bytes, in base 64.")),
          "Types on a guest's console.",
          GuestCommands::type);

  public static final ControlCommand<Guest> EXEC =
      new ControlCommand<>(
          "exec",
          List.of(Argument.rest("command", "What the guest's shell is to run.")),
          "Has a guest run a command, and ends with its status.",
          (guest, arguments) -> new ExecStream(guest, arguments.required("command")));

  /** Follows its periods, too. */
  public static final ControlCommand<Guest> WSS = onMachine(ControlCommands.WSS);

  public static final ControlCommand<Guest> MRC = onMachine(ControlCommands.MRC);

  /** Asked by {@code quire census}. */
  private static final ControlCommand<Guest> PAGES = onMachine(ControlCommands.PAGES);

  /** All of them. */
  static final List<ControlCommand<Guest>> ALL = all();

  /** Those that answer at once. */
  public static final List<ControlCommand<Guest>> ANSWERED =
      ALL.stream().filter(c -> !List.of(CONSOLE, TYPE, EXEC, PAGES, WSS, MRC).contains(c)).toList();

  private GuestCommands() {}

  private static List<ControlCommand<Guest>> all() {
    List<ControlCommand<Guest>> all = new ArrayList<>(List.of(CONSOLE, TYPE, EXEC, PAGES));
    add(all, "start", "Starts a guest that does not run.", GuestCommands::start);
    add(all, "pause", "Has a guest stand still, its time too.", act(HostedVm::pause));
    add(all, "resume", "Has a guest go on that stands still.", act(HostedVm::resume));
    add(
        all,
        "stop",
        "Has a guest power off; after 10 s its power is cut.",
        GuestCommands::stop,
        Argument.flag("now", "Cut its power at once."));
    add(
        all,
        "balloon",
        "Sets a guest's balloon to a size, whatever the policy says.",
        GuestCommands::balloon,
        Argument.required("size", "For example 64M; auto: as the policy says."));
    add(
        all,
        "limits",
        "Shows what a guest is entitled to, or changes that.",
        GuestCommands::limits,
        Argument.setting("min", "SIZE", "What it keeps in any case."),
        Argument.setting("max", "SIZE", "What it holds at most."),
        Argument.setting("shares", "N", "Its weight, for memory and for the harts."));
    all.add(CopyCommands.CLONE);
    all.add(CopyCommands.SAVE);
    add(all, "why", "Says why a guest has the memory that it has.", GuestCommands::why);
    for (ControlCommand<ControlCommands.Guest> command : ControlCommands.ALL) {
      all.add(
          switch (command.name()) {
            case "stats" -> stats(command);
            case "wss" -> WSS;
            case "mrc" -> MRC;
            default -> onMachine(command);
          });
    }
    return List.copyOf(all);
  }

  private static void add(
      List<ControlCommand<Guest>> all,
      String name,
      String description,
      Handler<Guest> handler,
      Argument... arguments) {
    all.add(new ControlCommand<>(name, List.of(arguments), description, handler));
  }

  // ---- its virtual machine -------------------------------------------------------------------

  /** A command for any virtual machine, for the one that the guest has at the moment. */
  private static ControlCommand<Guest> onMachine(ControlCommand<ControlCommands.Guest> command) {
    return new ControlCommand<>(
        command.name(),
        command.arguments(),
        command.description(),
        (guest, arguments) ->
            guest
                .host()
                .managed(
                    () -> {
                      VirtualMachine vm = machine(guest.vm());
                      ControlCommands.Guest on =
                          new ControlCommands.Guest(vm, () -> Report.now(vm));
                      return command.handler().reply(on, arguments);
                    }));
  }

  private static VirtualMachine machine(HostedVm vm) {
    VirtualMachine machine = vm.vm();
    if (machine == null) {
      throw UserError.of(
          "The guest %s has no memory to look at: it is %s.", vm.name(), vm.state().word());
    }
    return machine;
  }

  private static ControlCommand<Guest> stats(ControlCommand<ControlCommands.Guest> like) {
    return new ControlCommand<>(
        like.name(),
        like.arguments(),
        like.description(),
        (guest, arguments) ->
            guest
                .host()
                .managed(
                    () -> {
                      VirtualMachine vm = machine(guest.vm());
                      Report report = Report.now(vm);
                      Map<String, Long> moved = HostCounters.bytes(vm.memory().traffic());
                      Map<String, Object> value = new LinkedHashMap<>(report.object());
                      value.put("moved", moved);
                      String text = "%-16s %s".formatted("moved", HostCommands.line(moved));
                      return new Answer(report.text() + text, value);
                    }));
  }

  // ---- its life ------------------------------------------------------------------------------

  private static Handler<Guest> act(Consumer<HostedVm> action) {
    return (guest, arguments) ->
        guest
            .host()
            .managed(
                () -> {
                  action.accept(guest.vm());
                  return state(guest.vm());
                });
  }

  private static Answer state(HostedVm vm) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("vm", vm.name());
    value.put("state", vm.state().word());
    value.put("reason", vm.reason());
    String why = vm.reason().isEmpty() ? "." : ": " + vm.reason();
    return new Answer(vm.name() + " is " + vm.state().word() + why + "\n", value);
  }

  private static Answer start(Guest guest, Arguments arguments) {
    return guest
        .host()
        .managed(
            () -> {
              guest.host().session().start(guest.vm());
              if (guest.vm().state() == VmState.FAILED) {
                throw UserError.of(
                    "The guest %s cannot start: %s", guest.name(), guest.vm().reason());
              }
              return state(guest.vm());
            });
  }

  /** Waits for the end; it may have been started again by then. */
  private static Answer stop(Guest guest, Arguments arguments) {
    HostControl host = guest.host();
    HostedVm vm = guest.vm();
    HostEvents events = host.session().events();
    long seen = events.count();
    Optional<VirtualMachine> stopped =
        host.managed(
            () -> {
              Optional<VirtualMachine> before = Optional.ofNullable(vm.vm());
              if (arguments.has("now")) {
                vm.cut();
              } else {
                vm.stop();
              }
              return before;
            });
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
    try {
      while (stopped.isPresent()
          && host.look(() -> stopped.get().equals(vm.vm()))
          && System.nanoTime() < until) {
        seen += events.await(seen, 1000).size();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return host.look(() -> state(vm)); // the last guest's end is the host's
  }

  // ---- its memory ----------------------------------------------------------------------------

  private static ManagedVm memory(Guest guest) {
    ManagedVm memory = guest.host().session().managed(guest.name());
    if (memory == null) {
      throw UserError.of(
          "The guest %s has no memory now: it is %s.", guest.name(), guest.vm().state().word());
    }
    return memory;
  }

  private static Answer balloon(Guest guest, Arguments arguments) {
    return guest
        .host()
        .managed(
            () -> {
              ManagedVm memory = memory(guest);
              if (memory.vm().balloon() == null) {
                throw UserError.of("The guest %s has no balloon.", guest.name());
              }
              boolean auto = arguments.required("size").equals(AUTO);
              long size = auto ? -1 : arguments.size("size", 0);
              long configured = guest.vm().entry().memory();
              if (size > configured) {
                throw UserError.of(
                    "A balloon of %s is more than the memory of %s, which is %s.",
                    mib(size), guest.name(), mib(configured));
              }
              memory.fixBalloon(size);
              String to = auto ? "is the policy's again." : "is " + mib(size) + ", as asked.";
              tell(guest, "balloon", "the balloon of " + guest.name() + " " + to);
              return new Answer(balloonText(memory) + "\n", balloonValue(memory));
            });
  }

  private static String balloonText(ManagedVm memory) {
    return "Its balloon is asked for %s and holds %s; the guest %s."
        .formatted(mib(memory.balloonAsked()), mib(memory.balloonActual()), obedience(memory));
  }

  private static String obedience(ManagedVm memory) {
    VirtioBalloon device = memory.vm().balloon();
    if (device == null || !device.driverReady()) {
      return "has no driver for it now";
    }
    return memory.obeys() ? "obeys" : "does not obey, and its pages are swapped instead";
  }

  private static Map<String, Object> balloonValue(ManagedVm memory) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("vm", memory.name());
    value.put("asked", memory.balloonAsked());
    value.put("actual", memory.balloonActual());
    value.put("obeys", memory.obeys());
    return value;
  }

  private static Answer limits(Guest guest, Arguments arguments) {
    HostSession session = guest.host().session();
    return guest
        .host()
        .managed(
            () -> {
              Limits before = session.limits(guest.name());
              Limits wanted =
                  new Limits(
                      arguments.size("min", before.min()),
                      arguments.size("max", before.max()),
                      arguments.number("shares", before.shares(), MAX_SHARES));
              if (!wanted.equals(before)) {
                session.limit(guest.vm(), wanted);
                tell(guest, "guest", text(guest, wanted));
              }
              Map<String, Object> value = new LinkedHashMap<>();
              value.put("vm", guest.name());
              value.put("min", wanted.min());
              value.put("max", wanted.max());
              value.put("shares", wanted.shares());
              return new Answer(text(guest, wanted) + "\n", value);
            });
  }

  private static String text(Guest guest, Limits limits) {
    return "%s: min %s, max %s, %d shares."
        .formatted(guest.name(), mib(limits.min()), mib(limits.max()), limits.shares());
  }

  /** What a user did is among the events, too. */
  private static void tell(Guest guest, String kind, String text) {
    HostSession session = guest.host().session();
    session.events().add(session.clock().now(), guest.name(), kind, text);
  }

  private static Answer why(Guest guest, Arguments arguments) {
    return guest
        .host()
        .managed(
            () -> {
              ManagedVm memory = memory(guest);
              Target target = memory.target();
              HostEvent move = lastMove(guest);
              String reason = target == null ? "Nothing was decided yet." : target.reason();
              Map<String, Object> value = new LinkedHashMap<>();
              value.put("vm", guest.name());
              value.put("target", target == null ? memory.limits().max() : target.bytes());
              value.put("reason", reason);
              value.put("balloon", balloonValue(memory));
              value.put("lastMove", move);
              String text = reason.stripTrailing() + "\n" + balloonText(memory) + "\n";
              return new Answer(
                  text + (move == null ? "" : "The last move: " + move.line().strip() + "\n"),
                  value);
            });
  }

  private static @Nullable HostEvent lastMove(Guest guest) {
    HostEvent last = null;
    for (HostEvent event : guest.host().session().events().since(0)) {
      if (event.kind().equals("move") && event.vm().equals(guest.name())) {
        last = event;
      }
    }
    return last;
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }

  // ---- its console ---------------------------------------------------------------------------

  private static Answer type(Guest guest, Arguments arguments) {
    try {
      byte[] keys = Base64.getDecoder().decode(arguments.required("keys"));
      ConsoleStream.type(guest.vm(), keys);
      return new Answer("", Map.of("typed", keys.length));
    } catch (IllegalArgumentException e) {
      throw new UserError("'keys' must be bytes in base 64.", e);
    }
  }
}
