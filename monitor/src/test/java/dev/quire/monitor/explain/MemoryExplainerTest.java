package dev.quire.monitor.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.Guest;
import dev.quire.monitor.Program;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.explain.WalkExplanation.GuestView;
import dev.quire.monitor.paging.GStageMode;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Explanations in a running guest. */
class MemoryExplainerTest {
  /** What is explained of each gva when the kernel is in its loop. */
  private static List<WalkExplanation> walks(
      UnaryOperator<VmConfig.Builder> options, long... gvas) {
    return ExplainedKernel.ask(
        options, explainer -> LongStream.of(gvas).mapToObj(gva -> explainer.walk(0, gva)).toList());
  }

  @Test
  void fourLevelsOnFourAre24Lines() {
    WalkExplanation walk = walks(options -> options, ExplainedKernel.GVA + 8).getFirst();
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
    WalkExplanation walk = walks(options -> options.gstage(mode), ExplainedKernel.GVA).getFirst();
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
    List<WalkExplanation> walks =
        walks(options -> options, ExplainedKernel.UNTOUCHED, 0x5000, 1L << 50);
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
    try (Guest guest = new Guest(ExplainedKernel.program())) {
      List<WalkExplanation> walks = new ArrayList<>();
      MemoryExplainer explainer = new MemoryExplainer(guest.vm());
      guest.vm().atInstruction(1, () -> walks.add(explainer.walk(0, Program.START)));
      guest.run();
      assertThat(walks.getFirst().references()).hasSize(4);
      assertThat(walks.getFirst().tables()).startsWith("V2P off (Bare) on P2M Sv48x4");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PagingChoice.class,
      names = {"SHADOW_UNSYNC", "SHADOW_LAZY", "PROTECTED"})
  void withoutTranslationTheMonitorsTableIsWalked(PagingChoice choice) {
    try (Guest guest = new Guest(ExplainedKernel.program(), o -> o.paging(choice))) {
      List<WalkExplanation> walks = new ArrayList<>();
      MemoryExplainer explainer = new MemoryExplainer(guest.vm());
      guest.vm().atInstruction(1, () -> walks.add(explainer.walk(0, Program.START)));
      guest.run();
      assertThat(walks.getFirst().references())
          .hasSize(3)
          .allMatch(r -> r.table() == TableRole.V2M);
      GuestView view = Objects.requireNonNull(walks.getFirst().guest());
      assertThat(view.references()).isEmpty();
      assertThat(((Translated) view.outcome()).gpa()).isEqualTo(Program.START);
      assertThat(((Translated) walks.getFirst().outcome()).hpa()).isEqualTo(view.hpa());
    }
  }

  @Test
  void nativeIsOneStage() {
    WalkExplanation walk =
        walks(o -> o.paging(PagingChoice.NATIVE), ExplainedKernel.GVA).getFirst();
    assertThat(walk.references()).hasSize(4).allMatch(r -> r.table() == TableRole.NATIVE);
    assertThat(walk.referencesWith(Set.of(Cache.VS_WALK_CACHE))).isEqualTo(1);
    assertThat(((Translated) walk.outcome()).hpa()).isEqualTo(Program.RESULTS);
  }

  @Test
  void aCpuThatIsNotThereIsSaid() {
    try (Guest guest = new Guest(ExplainedKernel.program())) {
      assertThatThrownBy(() -> new MemoryExplainer(guest.vm()).walk(1, 0))
          .isInstanceOf(UserError.class)
          .hasMessage("There is no CPU 1: 0 to 0.");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PagingChoice.class,
      names = {"SHADOW_EAGER", "SHADOW_UNSYNC", "SHADOW_LAZY"})
  void shadowTablesAreOneStage(PagingChoice choice) {
    List<WalkExplanation> walks =
        walks(
            options -> options.paging(choice),
            ExplainedKernel.GVA + 8,
            ExplainedKernel.UNTOUCHED,
            0x5000);
    WalkExplanation walk = walks.get(0);
    assertThat(walk.references()).hasSize(4).allMatch(r -> r.table() == TableRole.V2M);
    GuestView view = Objects.requireNonNull(walk.guest());
    assertThat(view.references()).hasSize(4).allMatch(r -> r.table() == TableRole.V2P);
    assertThat(((Translated) view.outcome()).gpa()).isEqualTo(Program.RESULTS + 8);
    assertThat(((Translated) walk.outcome()).hpa()).isEqualTo(view.hpa());
    assertThat(walks.get(1).then()).contains("fills the entry in");
    assertThat(walks.get(1).guest()).extracting(GuestView::hpa).isEqualTo(-1L);
    assertThat(walks.get(2).then()).contains("guest's own table says");
    assertThat(walk.text()).contains("The guest's own view").contains("P2M has hpa");
    assertThat(walk.json()).containsKey("guest");
  }

  @Test
  void protectedTablesAreTheGuestsWithOtherNumbers() {
    List<WalkExplanation> walks =
        walks(o -> o.paging(PagingChoice.PROTECTED), ExplainedKernel.GVA, Program.START);
    List<Reference> hooked = walks.get(0).references();
    List<Reference> own = Objects.requireNonNull(walks.get(0).guest()).references();
    assertThat(hooked).hasSize(4).allMatch(r -> r.table() == TableRole.HOOKED);
    for (int i = 0; i < 4; i++) {
      assertThat(hooked.get(i).hpa()).isEqualTo(own.get(i).hpa());
      assertThat(hooked.get(i).gpa()).isEqualTo(own.get(i).gpa());
      assertThat(hooked.get(i).entry()).isNotEqualTo(own.get(i).entry());
    }
    assertThat(walks.get(1).references())
        .extracting(Reference::table)
        .containsExactly(TableRole.HOOKED, TableRole.HOOKED, TableRole.V2M, TableRole.V2M);
    WalkExplanation untouched =
        walks(o -> o.paging(PagingChoice.PROTECTED), Program.START + 0x40_0000).getFirst();
    assertThat(((Fault) untouched.outcome()).table()).isEqualTo(TableRole.V2M);
  }
}
