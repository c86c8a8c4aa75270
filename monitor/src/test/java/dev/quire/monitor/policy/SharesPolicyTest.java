package dev.quire.monitor.policy;

import static dev.quire.monitor.policy.Hosts.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quire.monitor.policy.Hosts.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions that can be checked by hand. */
class SharesPolicyTest {
  private final Policy idleTax = Policies.named("idle-tax");
  private final Policy proportional = Policies.named("proportional");

  @Test
  void withoutATaxEqualSharesGetEqualMemory() {
    Snapshot host =
        Hosts.of(
            300 * MIB, Hosts.vm("idle", 1000, 250 * MIB, 0), Hosts.vm("db", 1000, 250 * MIB, 1));
    assertThat(mebibytes(proportional, host)).containsExactly(150L, 150L);
  }

  @Test
  void memoryIsProportionalToShares() {
    Snapshot host =
        Hosts.of(300 * MIB, Hosts.vm("a", 1000, 250 * MIB, 0), Hosts.vm("b", 2000, 250 * MIB, 0));
    assertThat(mebibytes(proportional, host)).containsExactly(100L, 200L);
  }

  @Test
  void aTaxOf75PercentMakesAnIdlePageCostFour() {
    // One that is all idle pays 4 x t, one that is all active pays t: 4 x 60 = 240.
    Snapshot host =
        Hosts.of(
            300 * MIB, Hosts.vm("idle", 1000, 250 * MIB, 0), Hosts.vm("db", 1000, 250 * MIB, 1));
    assertThat(mebibytes(idleTax, host)).containsExactly(60L, 240L);
  }

  @Test
  void aPartlyIdleVmPaysForEachPartItsPrice() {
    // web: 50 active, so it pays 50 + 4 x (t - 50); db pays t. 50 + 4 x 40 = 210, 90 + 210 = 300.
    Snapshot host =
        Hosts.of(
            300 * MIB, Hosts.vm("web", 1000, 250 * MIB, 0.2), Hosts.vm("db", 1000, 250 * MIB, 1));
    assertThat(mebibytes(idleTax, host)).containsExactly(90L, 210L);
  }

  @Test
  void aMinIsKeptAndTheOthersShareWhatIsLeft() {
    Snapshot host =
        Hosts.of(
            300 * MIB,
            new Guest("idle").limits(100 * MIB, 256 * MIB).held(250 * MIB).active(0).snapshot(),
            Hosts.vm("db", 1000, 250 * MIB, 1));
    List<Target> targets = idleTax.decide(host);
    assertThat(mebibytes(idleTax, host)).containsExactly(100L, 200L);
    assertThat(targets.getFirst().reason())
        .contains("target 100 MiB: its min, and even there it earns only 2.5 shares/MiB");
  }

  @Test
  void whatNobodyWantsIsHandedOutToo() {
    // Each wants half as much again as it holds: 60 and 120. Of the 120 left, most goes to "b".
    Snapshot host =
        Hosts.of(300 * MIB, Hosts.vm("a", 1000, 40 * MIB, 0), Hosts.vm("b", 1000, 80 * MIB, 1));
    List<Long> given = mebibytes(idleTax, host);
    // a pays 4 x t; b pays 80 + 4 x (t - 80): 480 = 4 x 120, and 80 + 4 x 100 = 480.
    assertThat(given).containsExactly(120L, 180L);
    assertThat(idleTax.decide(host).get(1).reason())
        .contains("target 180 MiB: what it wants, and 60 MiB of what nobody wants");
  }

  @Test
  void minsThatAreMoreThanThereIsAreKeptAllTheSame() {
    Snapshot host =
        Hosts.of(
            100 * MIB,
            new Guest("a").limits(80 * MIB, 256 * MIB).held(90 * MIB).snapshot(),
            new Guest("b").limits(60 * MIB, 256 * MIB).held(90 * MIB).snapshot());
    assertThat(mebibytes(idleTax, host)).containsExactly(80L, 60L);
    assertThat(idleTax.decide(host).getFirst().reason())
        .contains("target 80 MiB: its min, since the mins together are more than there is");
  }

  @Test
  void theReasonIsTheFormulaWithItsNumbers() {
    VmSnapshot web =
        new Guest("web")
            .held(120 * MIB)
            .ballooned(96 * MIB)
            .active(0.18)
            .available(60 * MIB)
            .snapshot();
    Snapshot host = Hosts.of(300 * MIB, web, Hosts.vm("db", 1000, 250 * MIB, 1));
    Target target = idleTax.decide(host).getFirst();
    // 1000 / (120 x (0.18 + 4 x 0.82)) = 1000 / 415.2; then 21.6 + 4 x (t - 21.6) + t = 300.
    assertThat(target.reason())
        .isEqualTo(
            """
            idle-tax: 1,000 shares / (120 MiB x (0.18 + 4 x 0.82)) = 2.41 shares/MiB, the lowest of 2
            active 22 MiB: 13.5 % of 160 MiB; it touched 13 of the last 100 pages sampled \
            (95 % interval 7.8 % to 21 %)
            wants 120 MiB: holds 120 MiB, 0 MiB swapped; the guest uses 100 MiB, 60 MiB is available, \
            13 MiB should be
            target 73 MiB: there it earns 4.4 shares/MiB, as all do that are between their limits\
            """);
    assertThat(target.brief()).isEqualTo("82 % idle, so each idle page costs 4");
    assertThat((double) target.bytes()).isCloseTo(72.96 * MIB, within(2.0 * Policy.PAGE));
  }

  @Test
  void theGuidesExampleIsRight() throws IOException {
    Guest web = new Guest("web").held(250 * MIB).ballooned(6 * MIB).active(0.2);
    VmSnapshot db = Hosts.vm("db", 1000, 250 * MIB, 1);
    Snapshot host = Hosts.of(300 * MIB, web.available(100 * MIB).snapshot(), db);
    assertThat(mebibytes(idleTax, host)).containsExactly(90L, 210L);
    assertThat(Files.readString(Path.of("../docs/policies.md")))
        .contains("```\n" + idleTax.decide(host).getFirst().reason() + "\n```");
    Snapshot moreShares = Hosts.of(300 * MIB, web.shares(2000).snapshot(), db);
    assertThat(mebibytes(idleTax, moreShares)).containsExactly(125L, 175L);
  }

  @Test
  void withoutATaxTheReasonHasNoTaxInIt() {
    Snapshot host =
        Hosts.of(300 * MIB, Hosts.vm("a", 1000, 250 * MIB, 0), Hosts.vm("b", 2000, 200 * MIB, 0));
    Target target = proportional.decide(host).getFirst();
    assertThat(target.reason())
        .startsWith("proportional: 1,000 shares / 250 MiB = 4 shares/MiB, the lowest of 2\n");
    assertThat(target.brief()).isEqualTo("it earns 4 shares/MiB, the lowest of 2");
  }

  @Test
  void aVmThatHoldsNothingHasAReasonToo() {
    Snapshot host = Hosts.of(300 * MIB, Hosts.vm("new", 1000, 0, 0));
    Target target = idleTax.decide(host).getFirst();
    assertThat(target.bytes()).isEqualTo(256 * MIB);
    assertThat(target.reason()).contains("it holds nothing yet");
    assertThat(target.brief()).isEqualTo("holds nothing yet");
  }

  @Test
  void theStaticPolicyDividesBySizeWhateverIsUsed() {
    Snapshot host =
        Hosts.of(
            300 * MIB,
            Hosts.vm("a", 1000, 250 * MIB, 0),
            new Guest("b").configured(512 * MIB).held(0).snapshot());
    Target target = Policies.named("static").decide(host).getFirst();
    assertThat(mebibytes(Policies.named("static"), host)).containsExactly(100L, 200L);
    assertThat(target.reason())
        .isEqualTo("static: 256 MiB / 768 MiB of the 300 MiB for guests, whatever is used");
    assertThat(target.brief()).isEqualTo("its fixed part by size");
  }

  private static List<Long> mebibytes(Policy policy, Snapshot host) {
    return policy.decide(host).stream()
        .map(target -> Math.round((double) target.bytes() / MIB))
        .toList();
  }

  @Test
  void aCacheIsPartOfWhatIsHeld() {
    ProxySnapshot proxy = new ProxySnapshot(96 * MIB, 12 * MIB, List.of());
    VmSnapshot vm = new Hosts.Guest("a").held(120 * MIB).proxy(24 * MIB, proxy).snapshot();
    assertThat(proportional.decide(Hosts.of(256 * MIB, vm)).getFirst().reason())
        .contains("1,000 shares / 120 MiB")
        .contains(
            "holds 120 MiB with its cache of 24 MiB, and its cache had no room for 12 MiB, 0 MiB"
                + " swapped");
  }
}
