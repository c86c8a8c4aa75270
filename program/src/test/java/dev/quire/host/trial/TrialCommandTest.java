package dev.quire.host.trial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrialCommandTest {
  @Test
  void theLastWorkOfEachCommandCounts() {
    String answer =
        """
        command
        work 10
        work 20
        command
        work 5
        ended 0
        command
        command
        ended 3
        """;
    assertThat(TrialCommand.read(answer)).isEqualTo(new TrialCommand(4, 2, 1, 25));
  }

  @Test
  void whateverElseAGuestPrintsIsNoAnswer() {
    String answer = "work 7\nwork 99999999999999999999\ncommand\nwork -1\nwork 3\nhello work 4\n";
    assertThat(TrialCommand.read(answer).begun()).isEqualTo(1);
    assertThat(TrialCommand.read(answer).work()).isEqualTo(10);
    assertThat(TrialCommand.read("")).isEqualTo(TrialCommand.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "echo work 3 # a comment  | 0",
        "echo work 3; exit 7      | 7",
        "exec sh -c 'echo work 3' | 0",
        "printf 'work 3\\nmore'   | 0"
      })
  void aCommandTellsThatItHasEnded(String command, int status)
      throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder("sh", "-c", TrialCommand.telling(command))
            .redirectErrorStream(true)
            .start();
    String printed = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).isZero();
    assertThat(TrialCommand.read("command\n" + printed))
        .isEqualTo(new TrialCommand(1, 1, status == 0 ? 0 : 1, 3));
  }
}
