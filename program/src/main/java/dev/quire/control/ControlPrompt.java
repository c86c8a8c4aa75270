package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Keyboard;
import java.util.List;
import java.util.Locale;

/**
 * The commands as typed at Quire's prompt on the guest's own terminal: without the guest's name.
 */
public final class ControlPrompt implements Keyboard.Prompt {
  private static final String GOES_ON = "That has no end: ask for it from another terminal.\n";

  private final ControlledGuest guest;

  public ControlPrompt(ControlledGuest guest) {
    this.guest = guest;
  }

  @Override
  public String help() {
    StringBuilder text = new StringBuilder();
    for (ControlCommand<?> command : ControlCommands.ALL) {
      text.append(String.format(Locale.ROOT, "%-32s %s%n", command.usage(), command.description()));
    }
    return text.toString();
  }

  @Override
  public String answer(String line) {
    List<String> words = List.of(line.strip().split("\\s+", -1));
    try {
      ControlCommand<ControlCommands.Guest> command =
          ControlCommand.find(ControlCommands.ALL, words.getFirst());
      Arguments arguments = Arguments.ofWords(command, words.subList(1, words.size()));
      Reply reply = guest.answer(command, arguments);
      return reply instanceof Answer answer ? answer.text() : GOES_ON;
    } catch (UserError e) {
      return e.getMessage() + "\n";
    } catch (RuntimeException e) { // the guest goes on, and its keyboard
      return "This is a bug in Quire: " + e + "\n";
    }
  }
}
