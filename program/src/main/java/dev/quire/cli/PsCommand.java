package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlClient.Subject;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommands;
import dev.quire.control.ControlFolder;
import dev.quire.host.HostCommands;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quire ps}: the guests of running hosts, and those that run on their own with a name. */
@Command(
    name = "ps",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the guests of running hosts and what each has of its machine's memory,",
      "and the guests that run on their own and have a name."
    })
final class PsCommand implements Callable<Integer> {
  private static final String LINE = "%-16s %8s  %s%n";

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Option(names = "--host", paramLabel = "NAME", description = "Of this host alone.")
  private @Nullable String host;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  private final ControlClient client = new ControlClient(ControlFolder.ofUser());

  @Override
  public Integer call() {
    List<Subject> hosts = host == null ? client.hosts() : List.of(client.host(host));
    List<Subject> alone = host == null ? client.loneGuests() : List.of();
    spec.commandLine().getOut().print(json ? Json.write(json(hosts, alone)) : text(hosts, alone));
    spec.commandLine().getOut().flush();
    return 0;
  }

  /** What a server says; empty if it has just ended, or has nothing to say at the moment. */
  private String ask(Subject subject, ControlCommand<?> command, boolean asJson) {
    try {
      return client.ask(subject, command, Arguments.ofWords(command, List.of()), asJson);
    } catch (UserError e) {
      return "";
    }
  }

  private String text(List<Subject> hosts, List<Subject> alone) {
    StringBuilder text = new StringBuilder();
    for (Subject one : hosts) {
      text.append("Host %s, process %d:%n".formatted(one.name(), one.pid()));
      text.append(ask(one, HostCommands.PS, false)).append('\n');
    }
    if (hosts.isEmpty() || !alone.isEmpty()) {
      text.append(String.format(Locale.ROOT, LINE, "NAME", "PID", "PAGING"));
    }
    for (Subject guest : alone) {
      text.append(String.format(Locale.ROOT, LINE, guest.name(), guest.pid(), paging(guest)));
    }
    return text.toString();
  }

  private String paging(Subject guest) {
    return ask(guest, ControlCommands.PAGING, false).strip();
  }

  /** Of one host its machine, of several each one's. */
  private Map<String, Object> json(List<Subject> hosts, List<Subject> alone) {
    List<Object> vms = new ArrayList<>();
    List<Object> machines = new ArrayList<>();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("vms", vms);
    for (Subject one : hosts) {
      String answer = ask(one, HostCommands.PS, true);
      Map<String, Object> report = answer.isEmpty() ? Map.of() : Json.readObject(answer);
      if (report.get("vms") instanceof List<?> list) {
        list.forEach(vm -> vms.add(with(vm, "host", one.name())));
        Object machine = Objects.requireNonNull(report.get("machine"));
        machines.add(with(with(machine, "host", one.name()), "pid", one.pid()));
      }
    }
    for (Subject guest : alone) {
      Map<String, Object> vm = new LinkedHashMap<>();
      vm.put("name", guest.name());
      vm.put("pid", guest.pid());
      vm.put("paging", paging(guest));
      vms.add(vm);
    }
    if (machines.size() == 1) {
      all.put("machine", machines.getFirst());
    } else if (!machines.isEmpty()) {
      all.put("machines", machines);
    }
    return all;
  }

  private static Map<Object, Object> with(Object object, String key, Object value) {
    Map<Object, Object> more = new LinkedHashMap<>((Map<?, ?>) object);
    more.put(key, value);
    return more;
  }
}
