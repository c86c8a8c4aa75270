package dev.quire.monitor.explain;

import static dev.quire.monitor.Program.T1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.Guest;
import dev.quire.monitor.Program;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.paging.GStageMode;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Explanations in a running guest. */
class MemoryExplainerTest {
  private static final int SATP = 0x180;
  private static final long SV48 = 9L << 60;
  private static final long TABLES = Program.RESULTS + 0x10000;

  /** A page that is mapped at 4 KiB, and one that is mapped but was never touched. */
  private static final long GVA = 0x40_0000_0000L;

  private static final long UNTOUCHED = GVA + 0x1000;

  /**
   * A kernel that maps itself by a 1 GiB leaf and {@link #GVA} by four levels, turns Sv48 on, and
   * goes on for a while.
   */
  private static Program kernel() {
    Program program = new Program();
    store(program, TABLES, table(1));
    store(program, TABLES + 0x1000 + 8 * 2, leaf(0x8000_0000L, 0xcf));
    store(program, TABLES + 0x1000 + 8 * 256, table(2));
    store(program, TABLES + 0x2000, table(3));
    store(program, TABLES + 0x3000, leaf(Program.RESULTS, 0xc7));
    store(program, TABLES + 0x3008, leaf(Program.RESULTS + 0x80_0000, 0xd3));
    store(program, Program.RESULTS, 1);
    program.li(T1, SV48 | TABLES >>> 12).csrw(SATP, T1).li(T1, 100).addi(T1, T1, -1);
    return program.loopWhileNotZero(T1, -4).powerOff();
  }

  private static void store(Program program, long gpa, long value) {
    program.li(5, value).li(T1, gpa).store(3, 5, T1, 0);
  }

  private static long table(int number) {
    return leaf(TABLES + 0x1000L * number, 1);
  }

  private static long leaf(long gpa, long bits) {
    return gpa >>> 12 << 10 | bits;
  }

  /** What is explained of each gva when the kernel is in its loop. */
  private static List<WalkExplanation> walks(
      UnaryOperator<VmConfig.Builder> options, long... gvas) {
    List<WalkExplanation> walks = new ArrayList<>();
    try (Guest guest = new Guest(kernel(), options)) {
      MemoryExplainer explainer = new MemoryExplainer(guest.vm());
      guest
          .vm()
          .atInstruction(
              150,
              () -> {
                for (long gva : gvas) {
                  walks.add(explainer.walk(0, gva));
                }
              });
      guest.run();
    }
    return walks;
  }

  @Test
  void fourLevelsOnFourAre24Lines() {
    WalkExplanation walk = walks(options -> options, GVA + 8).getFirst();
    assertThat(walk.references()).hasSize(24);
    assertThat(walk.text().lines().filter(line -> line.matches(" +\\d+  (V2P|P2M) .*")))
        .hasSize(24)
        .allMatch(line -> line.length() <= 150);
    Translated end = (Translated) walk.outcome();
    assertThat(end.gpa()).isEqualTo(Program.RESULTS + 8);
    assertThat(end.permissions()).isEqualTo("RW--");
    assertThat(end.pageShift()).isEqualTo(12);
    assertThat(walk.json()).containsEntry("count", 24).containsEntry("paging", "nested");
    assertThat(walk.json().get("left"))
        .isEqualTo(Map.of("L2", 0, "VS", 5, "G", 9, "nested", 4, "VS+G", 2, "VS+G+nested", 1));
    assertThat(walk.others().get(Access.FETCH))
        .isInstanceOfSatisfying(Fault.class, fault -> assertThat(fault.cause()).isEqualTo(12));
    assertThat(walk.others().get(Access.STORE)).isEqualTo(walk.outcome());
  }

  /** Guest levels walked g and P2M levels n: the sum over V2P's entries of n + 1, plus n. */
  @ParameterizedTest
  @CsvSource({"SV39X4,19", "SV48X4,24", "SV57X4,29"})
  void referencesFollowTheFormula(GStageMode mode, int references) {
    WalkExplanation walk = walks(options -> options.gstage(mode), GVA).getFirst();
    assertThat(walk.references()).hasSize(references);
  }

  @Test
  void aSuperpageEndsSooner() {
    WalkExplanation walk = walks(options -> options, Program.START).getFirst();
    assertThat(walk.references()).hasSize(14);
    assertThat(((Translated) walk.outcome()).pageShift()).isEqualTo(12);
  }

  @Test
  void whoTakesWhichFault() {
    List<WalkExplanation> walks = walks(options -> options, UNTOUCHED, 0x5000, 1L << 50);
    assertThat(((Fault) walks.get(0).outcome()).cause()).isEqualTo(21);
    assertThat(walks.get(0).then()).contains("first time");
    assertThat(((Fault) walks.get(1).outcome()).cause()).isEqualTo(13);
    assertThat(((Fault) walks.get(1).outcome()).why()).contains("V=0");
    assertThat(walks.get(1).then()).contains("guest's kernel");
    assertThat(walks.get(2).references()).isEmpty();
    assertThat(((Fault) walks.get(2).outcome()).why()).contains("copies of bit 47");
  }

  @Test
  void withoutTranslationThereIsTheP2mAlone() {
    try (Guest guest = new Guest(kernel())) {
      List<WalkExplanation> walks = new ArrayList<>();
      MemoryExplainer explainer = new MemoryExplainer(guest.vm());
      guest.vm().atInstruction(1, () -> walks.add(explainer.walk(0, Program.START)));
      guest.run();
      assertThat(walks.getFirst().references()).hasSize(4);
      assertThat(walks.getFirst().tables()).startsWith("V2P off (Bare) on P2M Sv48x4");
    }
  }

  @Test
  void nativeIsOneStage() {
    WalkExplanation walk = walks(o -> o.paging(PagingChoice.NATIVE), GVA).getFirst();
    assertThat(walk.references()).hasSize(4).allMatch(r -> r.table() == TableRole.NATIVE);
    assertThat(walk.referencesWith(Set.of(Cache.VS_WALK_CACHE))).isEqualTo(1);
    assertThat(((Translated) walk.outcome()).hpa()).isEqualTo(Program.RESULTS);
  }

  @Test
  void aCpuThatIsNotThereIsSaid() {
    try (Guest guest = new Guest(kernel())) {
      assertThatThrownBy(() -> new MemoryExplainer(guest.vm()).walk(1, 0))
          .isInstanceOf(UserError.class)
          .hasMessage("There is no CPU 1: 0 to 0.");
    }
  }
}
