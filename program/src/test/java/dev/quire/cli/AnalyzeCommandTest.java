package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.analyze.Traces;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalyzeCommandTest {
  @TempDir private Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object... arguments) {
    String[] words = new String[arguments.length + 1];
    words[0] = "analyze";
    for (int i = 0; i < arguments.length; i++) {
      words[i + 1] = arguments[i].toString();
    }
    return Main.run(new PrintWriter(out), new PrintWriter(err), words);
  }

  @Test
  void printsAReportAndWritesFiles() throws IOException {
    Path trace = Traces.write(folder.resolve("web.trace"), 64);
    Path svg = folder.resolve("web.svg");
    Path csv = folder.resolve("web.csv");
    assertThat(run(trace, "--filter", 128, "--s-max", 500, "--svg", svg, "--csv", csv)).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString())
        .contains("web.trace: web, 31 MiB, paging nested, clock instructions, up to 2.000 s\n")
        .contains("400,000 references; ", " after the trace's filter of 64 frames, ")
        .contains(" after one of 128\nfootprint 4,000 frames (15.6 MiB)\n")
        .contains("shards 500", "R = 0.1", "in each of 20 periods of 0.1 s", "accessed bits");
    assertThat(svg).content().startsWith("<svg");
    assertThat(csv).content().startsWith("what,source,");
  }

  @Test
  void saysThatATraceWasCutOff() throws IOException {
    Path trace = Traces.write(folder.resolve("web.trace"), 64);
    byte[] bytes = Files.readAllBytes(trace);
    Files.write(trace, Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(run(trace)).isZero();
    assertThat(out.toString()).contains(" s; it was cut off\n");
  }

  @Test
  void aMistakeIsOneSentence() throws IOException {
    Path trace = Traces.write(folder.resolve("web.trace"), 64);
    assertMistake("There is no file nowhere that can be read.\n", "nowhere");
    assertMistake("--period must be longer than 0.\n", trace, "--period", "0");
    assertMistake("--s-max 0 is not possible: 1 to 16,777,216 frames are.\n", trace, "--s-max", 0);
    assertMistake(
        "--sample -1 is not possible: 1 to 16,777,216 frames are.\n", trace, "--sample=-1");
    Path svg = folder.resolve("none").resolve("web.svg");
    assertThat(run(trace, "--svg", svg)).isEqualTo(Main.USER_ERROR);
    assertThat(err.toString()).contains(svg + " cannot be written: there is no folder");
  }

  private void assertMistake(String sentence, Object... arguments) {
    err.getBuffer().setLength(0);
    assertThat(run(arguments)).isEqualTo(Main.USER_ERROR);
    assertThat(err.toString()).isEqualTo(sentence);
  }
}
