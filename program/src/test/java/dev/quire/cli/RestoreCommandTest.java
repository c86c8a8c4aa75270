package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users get wrong about copies of guests. */
class RestoreCommandTest {
  @ParameterizedTest
  @CsvSource({
    "restore, Missing required parameter: 'FILE'",
    "restore web.save --host nobody, There is no host called nobody",
    "clone, Missing required parameter: 'VM'",
    "clone no-such-host/web --count 2, There is no guest called",
    "clone a/b --many=2, Unknown option: '--many=2'",
    "pause, Missing required parameter: 'VM'",
    "walk a/b, Missing required parameter: 'GVA'",
    "save a/b, Missing required parameter: 'FILE'",
    "save no-such-host/web web.save, There is no guest called",
  })
  void isASentenceAndStatusTwo(String words, String sentence) {
    StringWriter errors = new StringWriter();
    assertThat(Main.run(new PrintWriter(errors), words.split(" ", -1))).isEqualTo(2);
    assertThat(errors.toString()).contains(sentence);
  }
}
