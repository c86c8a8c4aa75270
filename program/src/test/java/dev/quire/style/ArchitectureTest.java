package dev.quire.style;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arrows of ARCHITECTURE.md: who may know whom. */
class ArchitectureTest {
  private static final String MACHINE = "dev.quire.machine..";
  private static final String MONITOR = "dev.quire.monitor..";

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.quire");

  @Test
  void theMachineKnowsNothingOfVirtualMachines() {
    check(
        noClasses()
            .that()
            .resideInAPackage(MACHINE)
            .should()
            .dependOnClassesThat(outside("dev.quire.machine")));
  }

  @Test
  void theMonitorDoesNotKnowTheProgram() {
    check(
        noClasses()
            .that()
            .resideInAPackage(MONITOR)
            .should()
            .dependOnClassesThat(outside("dev.quire.machine", "dev.quire.monitor")));
  }

  @Test
  void withinTheMachineArrowsPointDownwards() {
    // Each package may know those before it; a user's mistake may be found anywhere.
    List<String> layers =
        List.of("arch", "isa", "memory", "time", "state", "bus", "device", "board");
    for (int lower = 0; lower < layers.size(); lower++) {
      for (int upper = lower + 1; upper < layers.size(); upper++) {
        check(
            noClasses()
                .that()
                .resideInAPackage("dev.quire.machine." + layers.get(lower) + "..")
                .should()
                .dependOnClassesThat(
                    resideInAPackage("dev.quire.machine." + layers.get(upper) + "..")
                        .and(not(type(UserError.class)))));
      }
    }
  }

  @Test
  void withinTheProgramArrowsPointDownwards() {
    List<String> layers =
        List.of(
            "agent", "image", "chart", "save", "run", "census", "analyze", "control", "host",
            "cli");
    for (int lower = 0; lower < layers.size(); lower++) {
      for (int upper = lower + 1; upper < layers.size(); upper++) {
        check(
            noClasses()
                .that()
                .resideInAPackage("dev.quire." + layers.get(lower) + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.quire." + layers.get(upper) + "..")));
      }
    }
  }

  @Test
  void everyPackageHasItsMap() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path source : Sources.all()) {
      Path info = source.resolveSibling("package-info.java");
      boolean main = Sources.name(source).contains("/src/main/");
      if (main && (!Files.exists(info) || !isMap(Files.readString(info)))) {
        missing.add(Sources.name(info));
      }
    }
    assertThat(missing).as("package-info.java with Javadoc and @NullMarked").isEmpty();
  }

  private static boolean isMap(String info) {
    return info.startsWith("/**") && info.contains("@NullMarked\npackage ");
  }

  private static DescribedPredicate<JavaClass> outside(String... allowed) {
    return DescribedPredicate.describe(
        "belong to a layer above",
        target ->
            target.getPackageName().startsWith("dev.quire.")
                && Arrays.stream(allowed).noneMatch(target.getPackageName()::startsWith));
  }

  private void check(ArchRule rule) {
    assertThat(classes).isNotEmpty();
    rule.allowEmptyShould(true).check(classes);
  }
}
