package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code --switch-at N=METHOD}: the paging method changes while the guest runs.
 *
 * @param instruction when the first vCPU has completed that many
 */
record SwitchOption(long instruction, PagingChoice choice) {
  private static final String FORM =
      "--switch-at %s is not of the form N=METHOD, such as 200000000=shadow-eager.";

  static List<SwitchOption> parse(List<String> texts) {
    List<SwitchOption> all = new ArrayList<>();
    for (String text : texts) {
      all.add(parse(text));
    }
    return all;
  }

  private static SwitchOption parse(String text) {
    int equals = text.indexOf('=');
    try {
      long count = Long.parseLong(text.substring(0, Math.max(equals, 0)).replace("_", ""));
      if (count < 0) {
        throw UserError.of(FORM, text);
      }
      PagingChoice choice = PagingChoice.parse(text.substring(equals + 1));
      if (choice == PagingChoice.NATIVE) {
        throw UserError.of("--switch-at %s is not possible: native is not virtualized.", text);
      }
      return new SwitchOption(count, choice);
    } catch (NumberFormatException notANumber) {
      throw new UserError(FORM.formatted(text), notANumber);
    }
  }
}
