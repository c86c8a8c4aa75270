package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.run.GuestRun;
import org.junit.jupiter.api.Test;

class ControlPromptTest {
  private final ControlledGuest guest = new ControlledGuest();
  private final ControlPrompt prompt = new ControlPrompt(guest);

  @Test
  void listsTheCommands() {
    assertThat(prompt.help().lines()).hasSize(ControlCommands.ALL.size());
    for (ControlCommand<?> command : ControlCommands.ALL) {
      assertThat(prompt.help()).contains(command.usage(), command.description());
    }
  }

  @Test
  void asksTheGuest() {
    try (GuestRun run = TinyGuest.run();
        var _ = guest.has(run)) {
      assertThat(prompt.answer("  paging ")).isEqualTo("nested\n");
      assertThat(prompt.answer("paging --shadow lazy")).isEqualTo("shadow-lazy\n");
      assertThat(prompt.answer("paging native")).contains("cannot").endsWith(".\n");
      assertThat(prompt.answer("stats")).contains("shadow-lazy", "instructions     0\n");
      assertThat(prompt.answer("walk 80200000")).contains("80200000");
    }
    assertThat(prompt.answer("paging")).startsWith("The guest is being started");
  }

  @Test
  void aMistakeIsASentence() {
    assertThat(prompt.answer("fly me")).startsWith("'fly' is unknown: there are walk");
    assertThat(prompt.answer("paging --fly=1")).startsWith("--fly is unknown: paging [METHOD]");
  }
}
