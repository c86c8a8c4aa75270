package dev.quire.host;

import dev.quire.control.Answer;
import dev.quire.control.Arguments;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.host.GuestCopies.Made;
import dev.quire.host.HostControl.Guest;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.save.SaveFile;
import dev.quire.save.SaveWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The commands that copy guests. */
public final class CopyCommands {
  private static final int MOST_CLONES = 256;

  static final ControlCommand<Guest> CLONE =
      new ControlCommand<>(
          "clone",
          List.of(
              Argument.option("count", "N", "So many clones; 1 without it."),
              Argument.option("name", "PREFIX", "They are called PREFIX-1 and so on, not VM-1.")),
          "Makes copies of a running guest, which share its memory until they write it.",
          CopyCommands::clone);

  static final ControlCommand<Guest> SAVE =
      new ControlCommand<>(
          "save",
          List.of(Argument.file("file", "What 'quire restore' reads.")),
          "Saves a running guest, which goes on, to a file.",
          CopyCommands::save);

  public static final ControlCommand<HostControl> RESTORE =
      new ControlCommand<>(
          "restore",
          List.of(
              Argument.file("file", "What 'quire save' wrote."),
              Argument.option("name", "NAME", "Another name than it had."),
              Argument.option("paging", "METHOD", "Another paging method than it was under.")),
          "Has a guest go on that was saved to a file.",
          CopyCommands::restore);

  private CopyCommands() {}

  private static Answer clone(Guest guest, Arguments arguments) {
    HostSession session = guest.host().session();
    int count = arguments.number("count", 1, MOST_CLONES + 1);
    if (count < 1) {
      throw UserError.of("--count 0 is not possible: 1 to %d are.", MOST_CLONES);
    }
    String given = arguments.get("name");
    String prefix = given == null ? guest.name() : given;
    return guest
        .host()
        .managed(
            () -> {
              List<Made> clones = new GuestCopies(session).clone(guest.vm(), count, prefix);
              StringBuilder text = new StringBuilder();
              List<Map<String, Object>> values = new ArrayList<>();
              for (Made made : clones) {
                text.append(GuestCopies.text(guest.vm(), made)).append('\n');
                values.add(value(made, "sharedBytes"));
              }
              return new Answer(text.toString(), Map.of("vm", guest.name(), "clones", values));
            });
  }

  private static Map<String, Object> value(Made made, String bytes) {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("vm", made.vm().name());
    value.put(bytes, made.bytes());
    value.put("millis", made.nanos() / 1e6);
    return value;
  }

  /** The file is made sure of on the thread of whoever asks. */
  private static Answer save(Guest guest, Arguments arguments) {
    HostSession session = guest.host().session();
    Path file = arguments.file("file");
    long memory = guest.vm().entry().memory();
    try (SaveWriter writer = SaveWriter.create(file, memory)) {
      long nanos = guest.host().managed(() -> new GuestCopies(session).save(guest.vm(), writer));
      long length = writer.finish();
      String text =
          String.format(
              Locale.ROOT,
              "%s is saved to %s: %s, for which it stood still for %.0f ms.",
              guest.name(),
              file,
              HostSession.mib(length),
              nanos / 1e6);
      guest.host().managed(() -> tell(session, guest.name(), text));
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("vm", guest.name());
      value.put("file", file.toString());
      value.put("fileBytes", length);
      value.put("millis", nanos / 1e6);
      return new Answer(text + "\n", value);
    }
  }

  private static boolean tell(HostSession session, String guest, String text) {
    session.tell(guest, "guest", text);
    return true;
  }

  private static Answer restore(HostControl host, Arguments arguments) {
    try (SaveFile file = SaveFile.open(arguments.file("file"))) {
      PagingChoice paging = paging(arguments.get("paging"));
      GuestCopies copies = new GuestCopies(host.session());
      Made made = host.managed(() -> copies.restore(file, arguments.get("name"), paging));
      Map<String, Object> value = new LinkedHashMap<>(value(made, "readBytes"));
      value.put("paging", made.vm().entry().paging().word());
      return new Answer(GuestCopies.text(file, made) + "\n", value);
    }
  }

  private static @Nullable PagingChoice paging(@Nullable String word) {
    PagingChoice choice = word == null ? null : PagingChoice.parse(word);
    if (choice == PagingChoice.NATIVE) {
      throw new UserError("A guest of a host is virtualized: native is not possible.");
    }
    return choice;
  }
}
