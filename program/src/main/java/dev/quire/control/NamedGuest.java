package dev.quire.control;

import java.util.List;
import java.util.Map;

/** A guest that runs on its own, as a server serves it. */
record NamedGuest(String name, ControlledGuest guest) implements Controlled {
  @Override
  public boolean isHost() {
    return false;
  }

  @Override
  public List<String> guests() {
    return List.of(name);
  }

  @Override
  public void whenGuestsChange(Runnable action) {} // they never do

  @Override
  public Reply askGuest(String asked, String command, Map<String, ?> arguments) throws Refusal {
    ControlCommand<ControlCommands.Guest> found =
        ControlCommand.asked(ControlCommands.ASKED, command);
    return guest.answer(found, Arguments.ofJson(found, arguments));
  }

  @Override
  public Reply askHost(String command, Map<String, ?> arguments) throws Refusal {
    throw Refusal.unknown("This is no host: there is only the guest " + name + ".");
  }

  @Override
  public Metrics metrics() throws Refusal {
    throw Refusal.unknown("This is no host: it has no metrics.");
  }
}
