package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each mistake is one sentence and exit status 2, before anything is brought or starts. */
class UpCommandTest {
  private static final String HOST =
      """
      [machine]
      memory = "64M"
      [[vm]]
      name = "web"
      memory = "128M"
      """;

  @TempDir private Path folder = Path.of("");

  private String mistake(String host, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("host.toml"), host);
    return mistakeOf(file, options);
  }

  private static String mistakeOf(Path file, String... options) {
    StringWriter errors = new StringWriter();
    List<String> arguments = new ArrayList<>(List.of("up", file.toString()));
    arguments.addAll(List.of(options));
    int status = Main.run(new PrintWriter(errors), arguments.toArray(String[]::new));
    assertThat(status).isEqualTo(2);
    return errors.toString();
  }

  @Test
  void theFileMustBeThereAndRight() throws IOException {
    assertThat(mistakeOf(folder.resolve("none.toml")))
        .isEqualTo("There is no host file %s.%n", folder.resolve("none.toml"));
    assertThat(mistake(HOST + "image = \"none\"\n"))
        .contains("host.toml, line 6: there is no file ", "none that can be read.");
    assertThat(mistake(HOST + "colour = \"red\"\n")).contains("line 6: [[vm]] has no key 'colour'");
  }

  @Test
  void theMinsMustFit() throws IOException {
    assertThat(mistake(HOST + "min = \"62M\"\n"))
        .matches(
            "The guests do not fit: their mins and what their tables take are \\d\\.\\d MiB more"
                + " than the machine's memory of 64\\.0 MiB\\. Lower some min, or let guests start"
                + " \"as memory allows\"\\.\\n");
  }

  @Test
  void disksMustBeThereAndEachBeOneGuests() throws IOException {
    assertThat(mistake(HOST + "disk = \"none.img\"\n")).contains("none.img").hasLineCount(1);
    Files.write(folder.resolve("data.img"), new byte[4096]);
    assertThat(mistake(HOST + "disk = [\"data.img\", \"data.img\"]\n"))
        .contains("data.img", "in use")
        .hasLineCount(1);
  }

  @Test
  void optionsAreChecked() throws IOException {
    assertThat(mistake(HOST, "--policy", "greedy"))
        .isEqualTo(
            "There is no policy 'greedy'; there are idle-tax, miss-ratio, proportional, static.\n");
    assertThat(mistake(HOST, "--for", "soon")).startsWith("'soon' is not a time");
    assertThat(mistake(HOST, "--clock", "sundial")).contains("'sundial'", "host, instructions");
    assertThat(mistake(HOST, "--name", "My host")).contains("My host").hasLineCount(1);
    assertThat(mistake(HOST, "--record", folder.resolve("none/r.jsonl").toString()))
        .startsWith("Cannot write " + folder.resolve("none/r.jsonl"));
    assertThat(mistake(HOST, "--json", folder.toString())).startsWith("Cannot write " + folder);
  }
}
