package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes: one sentence, exit status 2, no guest. */
class CompareCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          quake                    | The workload quake is unknown: boot, forkexec
          --methods=nested,magic   | The paging method magic is unknown
          --tlb=l1=3               | power of two
          --memory=82M             | at least 84M
          --exit-cycles=-1         | Cycles are 0 or more
          --reference-cycles=many  | --reference-cycles
          """)
  void aMistakeIsOneSentence(String argument, String sentence) {
    StringWriter errors = new StringWriter();
    int status = Main.run(new PrintWriter(errors), "compare", argument);
    assertThat(errors.toString()).contains(sentence);
    assertThat(status).isEqualTo(2);
  }
}
