package dev.quire.style;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SizeTest {
  private static final int FILE_LINES = 600;
  private static final int METHOD_LINES = 80;

  /** The interpreter's switch is a table, one line for each operation. */
  private static final Set<String> TABLES =
      Set.of("machine/src/main/java/dev/quire/machine/hart/Interpreter.java run");

  @Test
  void filesAreShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path path : Sources.all()) {
      int lines = Files.readAllLines(path).size();
      if (lines > FILE_LINES) {
        tooLong.add(Sources.name(path) + ": " + lines + " lines");
      }
    }
    assertThat(tooLong).as("files of more than %d lines", FILE_LINES).isEmpty();
  }

  @Test
  void methodsAreShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(Sources.all()));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        new LongMethods(positions, unit, tooLong).scan(unit, null);
      }
    }
    assertThat(tooLong).as("methods of more than %d lines", METHOD_LINES).isEmpty();
  }

  private static final class LongMethods extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final SourcePositions positions;
    private final CompilationUnitTree unit;
    private final List<String> found;

    LongMethods(SourcePositions positions, CompilationUnitTree unit, List<String> found) {
      this.positions = positions;
      this.unit = unit;
      this.found = found;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      LineMap lines = unit.getLineMap();
      long first = lines.getLineNumber(positions.getStartPosition(unit, method));
      long last = lines.getLineNumber(positions.getEndPosition(unit, method));
      String file = Sources.name(Path.of(unit.getSourceFile().toUri()));
      String name = file + " " + method.getName();
      if (last - first + 1 > METHOD_LINES && !TABLES.contains(name)) {
        found.add(name + ", line " + first + ": " + (last - first + 1));
      }
      return super.visitMethod(method, null);
    }
  }
}
