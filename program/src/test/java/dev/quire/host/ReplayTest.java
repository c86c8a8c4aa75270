package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.policy.Policies;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void theSamePolicyDecidesTheSame() {
    Replay replay = replay("idle-tax", "idle-tax");
    assertThat(replay.moments()).hasSize(4);
    for (Replay.Moment moment : replay.moments()) {
      assertThat(moment.now()).isEqualTo(moment.then());
    }
    assertThat(replay.summaries())
        .allSatisfy(
            summary -> {
              assertThat(summary.meanDifference()).isZero();
              assertThat(summary.largestDifference()).isZero();
            });
  }

  @Test
  void theSummaryIsOfAllMoments() {
    Replay replay = replay("static", "idle-tax");
    assertThat(replay.vms()).containsExactly("web", "db");
    Replay.Summary web = replay.summaries().getFirst();
    double sum = 0;
    long least = 0;
    for (Replay.Moment moment : replay.moments()) {
      long difference = moment.now().getFirst().bytes() - moment.then().getFirst().bytes();
      sum += difference;
      least = Math.min(least, difference);
    }
    assertThat(web.meanDifference()).isEqualTo(sum / 4).isNegative();
    assertThat(web.meanNow() - web.meanThen()).isEqualTo(web.meanDifference());
    assertThat(web.largestDifference()).isEqualTo(least);
    assertThat(web.largestNanos()).isEqualTo(4_000_000_000L); // the longer asleep, the less
  }

  @Test
  void theTableSaysThatItIsOpenLoop() {
    SnapshotLog log = SnapshotLog.read(Recordings.record(folder, "static", 2));
    Replay replay = Replay.of(log, Policies.named("idle-tax"));
    // 320 - 1 - 19.2 = 299.8 MiB for guests. In second 2 web uses 100 of its 200:
    // 100 + 4 x (t - 100) = 299.8 - t, so t = 119.96.
    assertThat(ReplayText.text(log.header(), replay))
        .isEqualTo(
            """
            Recorded under static on a machine of 320 MiB; decided again by idle-tax.
            This is open-loop: the recorded guests did not feel these decisions, so each line \
            answers for its own moment of the recorded run, not for a run under the other policy.

            Targets in MiB, then -> now where they differ:
               time         web          db
              1.0 s         150         150
              2.0 s  150 -> 120  150 -> 180

            Over the whole run, in MiB:
               VM  mean then  mean now  difference  largest     at
              web      149.9     134.9       -15.0    -29.9  2.0 s
               db      149.9     164.9       +15.0    +29.9  2.0 s
            """);
  }

  private Replay replay(String recorded, String policy) {
    SnapshotLog log = SnapshotLog.read(Recordings.record(folder, recorded, 4));
    return Replay.of(log, Policies.named(policy));
  }
}
