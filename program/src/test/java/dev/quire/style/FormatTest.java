package dev.quire.style;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormatTest {
  @Test
  void sourcesAreFormatted() throws IOException, FormatterException {
    Formatter formatter = new Formatter();
    List<String> different = new ArrayList<>();
    for (Path path : Sources.all()) {
      String source = Files.readString(path);
      String formatted = formatter.formatSourceAndFixImports(source);
      if (!source.equals(formatted)) {
        if (Boolean.getBoolean("format.fix")) {
          Files.writeString(path, formatted);
        } else {
          different.add(Sources.name(path));
        }
      }
    }
    assertThat(different)
        .as("not as google-java-format has it; `mvn test -Dformat.fix=true` rewrites them")
        .isEmpty();
  }
}
