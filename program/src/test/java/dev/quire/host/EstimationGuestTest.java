package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.estimate.Wilson;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * In a real guest, whose program touches 32 of 128 MiB, samples and accessed bits see what is
 * traced, and neither they nor the tracing change what the guest does.
 */
class EstimationGuestTest {
  private static final double PAGE = 4096;
  private static final int PERIODS = 60;
  private static final long PERIOD_NANOS = 1_000_000;

  /** Prints that its memory is filled; then a loop over it takes less than half a period. */
  private static final String COMMAND = "toucher 32 --ms 65";

  private record Done(String output, String console, long instructions) {}

  /** Samples and traces while the program touches, once it says that its memory is filled. */
  private static final class Watch {
    private final boolean traces;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final List<Estimate> estimates = new ArrayList<>();
    private @Nullable VirtualMachine vm;
    private boolean begun;

    Watch(boolean traces) {
      this.traces = traces;
    }

    void print(byte[] bytes, int offset, int length) {
      output.write(bytes, offset, length);
      if (traces && !begun && text().contains("filled")) {
        begun = true;
        vm().clock().stopSoon(this::begin);
      }
    }

    private void begin() {
      sampler().set(new Sampler.Settings(100, PERIOD_NANOS));
      sampler().trace(true);
      // Half a period on, because a period ends a few instructions late.
      long nanos = PERIODS * PERIOD_NANOS + PERIOD_NANOS / 2;
      vm().clock().scheduleAside(nanos, () -> vm().clock().stopSoon(this::end));
    }

    private void end() {
      estimates.addAll(sampler().since(0));
      sampler().trace(false);
    }

    String text() {
      return output.toString(StandardCharsets.UTF_8);
    }

    private Sampler sampler() {
      return Objects.requireNonNull(vm().sampler());
    }

    private VirtualMachine vm() {
      return Objects.requireNonNull(vm);
    }
  }

  private static Done run(Watch watch) throws IOException {
    GuestConsole console = GuestConsole.kept(true);
    try (GuestRun run = new GuestRun(DebianGuest.config(), console, COMMAND, watch::print)) {
      watch.vm = run.vm();
      assertThat(run.exec()).as(watch.text()).isZero();
      String printed = new String(console.bytes(), StandardCharsets.ISO_8859_1);
      return new Done(watch.text(), printed, run.vm().instructions());
    }
  }

  @Test
  void estimatesSeeTheTruthAndTheGuestNoticesNothing() throws IOException {
    Watch watch = new Watch(true);
    Done watched = run(watch);
    List<Estimate> estimates = watch.estimates;
    assertThat(estimates).hasSizeBetween(PERIODS - 2, PERIODS);

    double truth = mean(estimates, EstimationGuestTest::truth);
    assertThat(truth).isBetween(0.25, 0.30);
    long covered = estimates.stream().filter(EstimationGuestTest::isCovered).count();
    assertThat(covered).isGreaterThanOrEqualTo(estimates.size() * 7 / 8);
    // Four times the deviation of a mean of so many samples.
    assertThat(mean(estimates, Estimate::fraction)).isCloseTo(truth, within(0.023));
    double accessed =
        mean(estimates, estimate -> estimate.accessed() / PAGE / estimate.population());
    assertThat(accessed).isCloseTo(truth, within(0.01));

    Done alone = run(new Watch(false));
    assertThat(watched.output()).isEqualTo(alone.output());
    assertThat(watched.console()).isEqualTo(alone.console());
    assertThat(watched.instructions()).isEqualTo(alone.instructions());
  }

  private static double mean(List<Estimate> estimates, ToDoubleFunction<Estimate> of) {
    return estimates.stream().mapToDouble(of).average().orElseThrow();
  }

  private static double truth(Estimate estimate) {
    return estimate.truth() / PAGE / estimate.population();
  }

  private static boolean isCovered(Estimate estimate) {
    Wilson interval = estimate.interval();
    double truth = truth(estimate);
    return interval.low() <= truth && truth <= interval.high();
  }
}
