package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparePoliciesCommandTest {
  private static final String HOST =
      """
      [machine]
      memory = "256M"
      clock = "instructions"
      [[vm]]
      name = "a"
      memory = "128M"
      """;

  @TempDir private Path folder = Path.of("");

  private String mistake(String host, String... options) throws IOException {
    Path file = folder.resolve("host.toml");
    Files.writeString(file, host);
    StringWriter err = new StringWriter();
    String[] arguments = new String[options.length + 2];
    arguments[0] = "compare-policies";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    assertThat(Main.run(new PrintWriter(err), arguments)).isEqualTo(Main.USER_ERROR);
    return err.toString();
  }

  @Test
  void aHostThatDoesNotRepeatCannotBeCompared() throws IOException {
    assertThat(mistake(HOST.replace("\"instructions\"", "\"host\"")))
        .isEqualTo(
            "Policies are compared on a host that repeats: write clock = \"instructions\" below"
                + " [machine].\n");
  }

  @Test
  void noRunMayChangeADisk() throws IOException {
    Path disk = Files.write(folder.resolve("disk.img"), new byte[4096]);
    assertThat(mistake(HOST + "disk = \"disk.img\"\n"))
        .isEqualTo(
            "The guest a would change its disk "
                + disk
                + ", which the next run must find as it was: write \"FILE,cow\" or \"FILE,ro\".\n");
  }

  @ParameterizedTest
  @CsvSource({
    "--policies, 'static,fair', no policy 'fair'",
    "--for, soon, soon",
    "--for, , Missing required"
  })
  void aMistakeIsOneSentence(String option, String value, String sentence) throws IOException {
    String said = value == null ? mistake(HOST, option) : mistake(HOST, option, value);
    assertThat(said).contains(sentence).hasLineCount(1);
  }
}
