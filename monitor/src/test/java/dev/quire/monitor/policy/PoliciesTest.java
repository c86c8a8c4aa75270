package dev.quire.monitor.policy;

import static dev.quire.monitor.policy.Hosts.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.HighestSharesFirst;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoliciesTest {
  @Test
  void theUsersOwnPolicyIsFoundBesideTheBuiltInOnes() {
    assertThat(Policies.names())
        .containsExactly("highest-first", "idle-tax", "miss-ratio", "proportional", "static");
    for (String name : Policies.names()) {
      assertThat(Policies.named(name).name()).isEqualTo(name);
    }
  }

  @Test
  void anUnknownNameIsAnsweredWithTheOnesThereAre() {
    assertThatThrownBy(() -> Policies.named("idletax"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "There is no policy 'idletax'; there are highest-first, idle-tax, miss-ratio,"
                + " proportional, static.");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 7, Double.NaN})
  void aTaxIsLessThanOne(double tax) {
    assertThatThrownBy(() -> Policies.named("idle-tax", tax, 0))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("from 0 to less than 1");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1001, Double.POSITIVE_INFINITY, Double.NaN})
  void anAlphaIsNotNegative(double alpha) {
    assertThatThrownBy(() -> Policies.named("miss-ratio", 0, alpha))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("from 0 to 1000");
  }

  @Test
  void theExampleServesTheHighestSharesFirst() {
    Snapshot host = Hosts.of(300 * MIB, Hosts.vm("a", 1000, 0, 0), Hosts.vm("b", 2000, 0, 0));
    assertThat(Policies.named("highest-first").decide(host))
        .extracting(target -> target.bytes() / MIB)
        .containsExactly(44L, 256L);
  }

  @Test
  void theGuideShowsTheExampleAsItIs() throws IOException {
    Path source = Path.of("src/test/java/com/example", HighestSharesFirst.class.getSimpleName());
    assertThat(Files.readString(Path.of("../docs/policies.md")))
        .contains(Files.readString(Path.of(source + ".java")));
  }

  @Test
  void anAnswerThatBreaksTheContractIsRefusedWithASentence() {
    Snapshot host =
        Hosts.of(
            300 * MIB,
            new Hosts.Guest("a").limits(64 * MIB, 128 * MIB).snapshot(),
            Hosts.vm("b", 1000, 0, 0));
    assertThat(answer(host, target("a", 128 * MIB), target("b", 100 * MIB))).hasSize(2);
    assertRefused(host, "decided for [a]; it must be for [a, b]", target("a", 64 * MIB));
    assertRefused(
        host,
        "gives 4096 bytes to a, whose limits are 67108864 and 134217728",
        target("a", 4096),
        target("b", 0));
    assertRefused(host, "not whole pages", target("a", 64 * MIB), target("b", 100));
    assertRefused(
        host,
        "hands out 402653184 bytes; the budget is 314572800",
        target("a", 128 * MIB),
        target("b", 256 * MIB));
  }

  private static void assertRefused(Snapshot host, String why, Target... targets) {
    assertThatThrownBy(() -> answer(host, targets))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("The policy 'odd' ")
        .hasMessageContaining(why);
  }

  private static List<Target> answer(Snapshot host, Target... targets) {
    return new CheckedPolicy(new Odd(List.of(targets))).decide(host);
  }

  private static Target target(String vm, long bytes) {
    return new Target(vm, bytes, "odd", "odd");
  }

  private record Odd(List<Target> targets) implements Policy {
    @Override
    public String name() {
      return "odd";
    }

    @Override
    public List<Target> decide(Snapshot snapshot) {
      return targets;
    }
  }
}
