package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.run.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayCommandTest {
  private static final String HEADER =
      "{\"schema\":\"quire-snapshots\",\"version\":1,\"policy\":\"static\",\"tax\":0.75,"
          + "\"periodNanos\":1000000000,\"memory\":335544320}";
  private static final String ENTRY =
      """
      {"snapshot":{"nanos":0,"machine":{"total":335544320,"free":0,"guest":335544320,"tables":0,\
      "cache":0,"reserve":0,"state":"LOW"},"vms":[]},"targets":[]}\
      """;

  @TempDir private Path folder = Path.of("");
  private final StringWriter output = new StringWriter();

  @Test
  void aRecordingIsDecidedAgain() throws IOException {
    assertThat(replay("--policy=idle-tax", "--tax=0.5")).isZero();
    assertThat(output.toString())
        .startsWith("Recorded under static on a machine of 320 MiB; decided again by idle-tax.\n")
        .contains("open-loop");
  }

  @Test
  void theSameAsJson() throws IOException {
    assertThat(replay("--policy=proportional", "--json")).isZero();
    assertThat(Json.readObject(output.toString()))
        .containsEntry("policy", "proportional")
        .containsEntry("openLoop", true)
        .containsEntry("summary", List.of())
        .containsKeys("recorded", "decisions", "note");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --policy=best                  | There is no policy 'best'; there are idle-tax, miss-ratio, proportional, static.
          --policy=idle-tax --tax=1      | from 0 to less than 1
          --policy=static --tax=0.5      | --tax is for --policy idle-tax; static has none.
          --policy=miss-ratio --alpha=-1 | from 0 to 1000
          --policy=static --alpha=0.5    | --alpha is for --policy miss-ratio; static has none.
          --json                         | --policy
          """)
  void aMistakeIsOneSentence(String arguments, String sentence) throws IOException {
    assertThat(replay(arguments.split(" "))).isEqualTo(2);
    assertThat(output.toString()).contains(sentence);
  }

  private int replay(String... options) throws IOException {
    Path file = folder.resolve("run.jsonl");
    Files.write(file, List.of(HEADER, ENTRY));
    String[] arguments = new String[options.length + 2];
    arguments[0] = "replay";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    PrintWriter printer = new PrintWriter(output);
    return Main.run(printer, printer, arguments);
  }
}
