package dev.quire.host.trial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.host.trial.Outcome.Guest;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class TrialTextTest {
  private static Outcome outcome(String policy, long work, long diskReads) {
    TrialCommand commands = new TrialCommand(1, 0, 0, work);
    Guest loop = new Guest("loop", commands, diskReads + 50, 50, diskReads, 0, 0, 8 << 20);
    Guest other = new Guest("other", new TrialCommand(2, 1, 1, 0), 0, 0, 0, 1 << 20, 0, 0);
    return new Outcome(policy, List.of(loop, other));
  }

  @Test
  void allGuestsOfAllPoliciesAndTheBest() {
    String text =
        TrialText.of(
            List.of(outcome("static", 1000, 900), outcome("miss-ratio", 1500, 30)), 2_500_000_000L);
    assertThat(text)
        .startsWith("2.5 s of the machine's time under each policy")
        .containsPattern("static +loop +1,000 +950 +50 +900 +0.900 +0 +0 +8 1 run\n")
        .containsPattern("miss-ratio other +0 +0 +0 +0 +- +1 +0 +0 1 run, 1 ended, 1 failed\n")
        .containsPattern("miss-ratio all +1,500 +80 +50 +30 +0.020 +1 +0 +8 2 run, 1 ended")
        .endsWith(
            """

            Most work: miss-ratio 1,500, static 1,000.
            Fewest reads from disks: miss-ratio 30, static 900.
            """);
  }

  @Test
  void whatNobodyHasIsNotCompared() {
    assertThat(TrialText.of(List.of(outcome("static", 0, 0)), 1)).doesNotContain("Most", "Fewest");
  }

  @Test
  void asJson() {
    assertThat(outcome("static", 1000, 900).json())
        .containsEntry("policy", "static")
        .extractingByKey("all")
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("work", 1000L)
        .containsEntry("moved", 8L << 20)
        .containsEntry("failed", 1)
        .doesNotContainKey("name");
  }
}
