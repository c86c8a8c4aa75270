package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.GuestRun;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The registry: everything that can be asked of a guest, in the order of lists for users. */
public final class ControlCommands {
  static final ControlCommand PAGING =
      new ControlCommand(
          "paging",
          List.of(),
          "Names the way in which the guest's memory is virtualized.",
          ControlCommands::paging);

  /** All of them. */
  public static final List<ControlCommand> ALL = List.of(PAGING);

  private ControlCommands() {}

  /** The command of that name, or a {@link UserError} that names those that there are. */
  static ControlCommand find(String name) {
    for (ControlCommand command : ALL) {
      if (command.name().equals(name)) {
        return command;
      }
    }
    throw UserError.of(
        "'%s' is unknown: there are %s.",
        Arguments.shown(name),
        ALL.stream().map(ControlCommand::name).collect(Collectors.joining(", ")));
  }

  private static Answer paging(GuestRun guest, Arguments arguments) {
    PagingChoice choice = guest.vm().choice();
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("paging", choice.paging());
    value.put("variant", choice.variant());
    return new Answer(choice.word() + "\n", value);
  }
}
