package dev.quire.analyze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.analyze.Analysis.Curve;
import dev.quire.analyze.Analysis.Options;
import dev.quire.analyze.Analysis.WorkingSets;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalysisTest {
  private static final Options OPTIONS = new Options(0, 1000, 100_000_000, 100, 1);

  @TempDir private Path folder = Path.of("");

  private Analysis analyze(int k, Options options) {
    return Analysis.of(Traces.write(folder.resolve("trace-" + k), k), options);
  }

  @Test
  void theTruthComesFirstAndOthersAreNear() {
    Analysis analysis = analyze(1, OPTIONS);
    List<Curve> curves = analysis.curves();
    assertThat(curves).extracting(Curve::name).containsExactly("mattson", "shards 1000");
    assertThat(curves.getFirst().judgement()).isEqualTo(new CurveJudgement(0, 0));
    assertThat(curves.getLast().judgement().meanError()).isBetween(0.0001, 0.03);
    assertThat(curves.getLast().judgement().medianMisses()).isBetween(0.0001, 0.1);
    assertThat(curves.getLast().timed().estimator().note()).startsWith("R = 0.2");

    assertThat(analysis.periods()).isEqualTo(20);
    List<WorkingSets> sets = analysis.workingSets();
    assertThat(sets)
        .extracting(WorkingSets::name)
        .containsExactly("exact", "sampled 100", "sampled 100, maximum", "accessed bits");
    PeriodJudgement exact = sets.getFirst().judgement();
    assertThat(exact.mean()).isBetween(1900.0, 2000.0);
    assertThat(exact.meanError()).isZero();
    assertThat(exact.coverage()).isEqualTo(1);
    for (WorkingSets estimated : sets.subList(1, sets.size())) {
      assertThat(estimated.judgement().mean()).isBetween(1600.0, 2400.0);
      assertThat(estimated.judgement().meanError()).isBetween(1.0, 500.0);
    }
    assertThat(sets.get(1).judgement().coverage()).isBetween(0.8, 1.0);
    assertThat(sets.get(2).judgement().coverage()).isNaN();
  }

  @Test
  void aFilterChangesNothingAboveItsSize() {
    Analysis raw = analyze(1, OPTIONS);
    Analysis filtered = analyze(1, new Options(256, 1000, 100_000_000, 100, 1));
    Analysis recorded = analyze(256, OPTIONS);
    assertThat(filtered.filter()).isEqualTo(256);
    assertThat(filtered.workingSets().getFirst().judgement().mean())
        .isEqualTo(raw.workingSets().getFirst().judgement().mean());
    for (int size = 256; size <= Traces.FRAMES; size += 50) {
      double misses = raw.curves().getFirst().curve().misses(size);
      assertThat(filtered.curves().getFirst().curve().misses(size)).isEqualTo(misses);
      assertThat(recorded.curves().getFirst().curve().misses(size)).isEqualTo(misses);
    }
  }

  @Test
  void jsonIsTheCurveInBytes() {
    Map<String, Object> object = Json.readObject(AnalysisFormats.json(analyze(64, OPTIONS)));
    assertThat(object).containsEntry("filterFrames", 64).containsEntry("periods", 20);
    assertThat(object.get("footprint")).isEqualTo(4000 * 4096);
    assertThat((Map<?, ?>) object.get("trace"))
        .extracting("vm", "memory", "whole", "references")
        .containsExactly("web", Traces.FRAMES * 4096, true, 400_000);
    Map<?, ?> exact = (Map<?, ?>) list(object, "curves").getFirst();
    assertThat(exact).extracting("source").isEqualTo("mattson");
    assertThat(exact)
        .extracting("valid")
        .isEqualTo(Map.of("from", 64 * 4096, "to", Traces.FRAMES * 4096));
    List<?> points = list(exact, "points");
    assertThat(points.getFirst())
        .isEqualTo(Map.of("bytes", 64 * 4096, "misses", object.get("references")));
    assertThat(points.getLast()).isEqualTo(Map.of("bytes", Traces.FRAMES * 4096, "misses", 4000));
    List<?> sets = list(object, "workingSets");
    assertThat((Map<?, ?>) sets.get(2)).extracting("coverage").isNull();
  }

  private static List<?> list(Map<?, ?> object, String key) {
    return (List<?>) Objects.requireNonNull(object.get(key));
  }

  @Test
  void csvHasALineForEachPoint() {
    List<String> lines = AnalysisFormats.csv(analyze(64, OPTIONS)).lines().toList();
    assertThat(lines.getFirst()).isEqualTo("what,source,x,y,low,high");
    assertThat(lines)
        .filteredOn(line -> line.startsWith("misses,\"mattson\","))
        .hasSizeGreaterThan(20);
    assertThat(lines).filteredOn(line -> line.startsWith("used,\"exact\",")).hasSize(20);
    assertThat(lines)
        .allMatch(line -> line.replaceAll("\"[^\"]*\"", "").split(",", -1).length == 6);
    assertThat(lines).contains("misses,\"mattson\",%d,4000,,".formatted(Traces.FRAMES * 4096));
  }

  @Test
  void picturesHaveBothCharts() {
    assertThat(AnalysisFormats.svg(analyze(64, OPTIONS)))
        .contains("<svg", "mattson", "shards 1000", "accessed bits", "32 MiB", "2 s")
        .doesNotContain("NaN");
  }

  @Test
  void whatCannotBeIsASentence() {
    assertThatThrownBy(() -> analyze(64, new Options(63, 1000, 1, 100, 1)))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith(
            "what a filter of 64 frames left: --filter can be that or more, not 63.");
    assertThatThrownBy(() -> analyze(64, new Options(0, 1000, 1, 100, 1)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("more than 100,000 periods")
        .hasMessageEndingWith("choose a longer --period.");
  }

  @Test
  void aLongSeriesIsDrawnByMeans() {
    TimeSeries series = new TimeSeries(2);
    for (int i = 0; i < 8 * TimeSeries.MOST_ROWS; i++) {
      series.add(i, 2);
    }
    double[] means = series.column(0);
    assertThat(means).hasSize(TimeSeries.MOST_ROWS);
    for (int row = 0; row < means.length; row++) {
      assertThat(means[row]).isEqualTo(8 * row + 3.5);
    }
    assertThat(series.column(1)).containsOnly(2);
  }
}
