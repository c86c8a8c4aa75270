package dev.quire.monitor.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every host there may be. */
class PolicyPropertiesTest {
  private static final int HOSTS = 200;

  static Stream<Policy> all() {
    return Stream.of(
        Policies.named("static"),
        Policies.named("proportional"),
        Policies.named("idle-tax"),
        Policies.named("idle-tax", 0.99, 0),
        Policies.named("miss-ratio"),
        Policies.named("miss-ratio", 0, 0),
        Policies.named("highest-first"));
  }

  static Stream<Double> taxes() {
    return Stream.of(0.0, 0.5, 0.75, 0.99);
  }

  @ParameterizedTest
  @MethodSource("all")
  void limitsAndBudgetAreKept(Policy policy) {
    for (Snapshot host : hosts()) {
      List<Target> targets = policy.decide(host);
      long mins = 0;
      for (int i = 0; i < targets.size(); i++) {
        VmSnapshot vm = host.vms().get(i);
        assertThat(targets.get(i).vm()).isEqualTo(vm.name());
        assertThat(targets.get(i).bytes()).isBetween(vm.min(), vm.max());
        assertThat(targets.get(i).bytes() % Policy.PAGE).isZero();
        assertThat(targets.get(i).reason()).startsWith(policy.name()).doesNotContain("NaN");
        assertThat(targets.get(i).brief()).isNotBlank().doesNotContain("\n", "NaN");
        mins += vm.min();
      }
      assertThat(sum(targets)).isLessThanOrEqualTo(Math.max(mins, host.machine().budget()));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void allOfTheBudgetIsHandedOutIfAnyoneMayHaveIt(Policy policy) {
    for (Snapshot host : hosts()) {
      long maxes = host.vms().stream().mapToLong(VmSnapshot::max).sum();
      long rounding = host.vms().size() * Policy.PAGE;
      assertThat(sum(policy.decide(host)))
          .isGreaterThanOrEqualTo(Math.min(maxes, host.machine().budget() - rounding));
    }
  }

  @ParameterizedTest
  @MethodSource("taxes")
  void noMebibyteWouldEarnMoreElsewhere(double tax) {
    Policy policy = Policies.named("idle-tax", tax, 0);
    for (Snapshot host : hosts()) {
      List<Target> targets = policy.decide(host);
      List<Demand> demands = host.vms().stream().map(Demand::of).toList();
      boolean enough = demands.stream().mapToLong(Demand::wanted).sum() <= host.machine().budget();
      for (int poor = 0; poor < targets.size(); poor++) {
        for (int rich = 0; rich < targets.size(); rich++) {
          Demand from = demands.get(poor);
          Demand to = demands.get(rich);
          long left = targets.get(poor).bytes() - Hosts.MIB;
          long more = targets.get(rich).bytes() + Hosts.MIB;
          boolean possible =
              left >= (enough ? from.wanted() : from.vm().min())
                  && more <= (enough ? to.vm().max() : to.wanted());
          if (poor != rich && possible) {
            // Even after the transfer the giver would earn at least what the taker then does.
            assertThat(rho(from, left, tax)).isGreaterThanOrEqualTo(rho(to, more, tax));
          }
        }
      }
    }
  }

  /** The formula as the paper has it, for a VM that holds {@code bytes}. */
  private static double rho(Demand demand, long bytes, double tax) {
    double f = Math.min(1.0, (double) demand.active() / bytes);
    double k = 1 / (1 - tax);
    return demand.vm().shares() / (bytes * (f + k * (1 - f)));
  }

  @ParameterizedTest
  @MethodSource("taxes")
  void whoUsesMoreDoesNotGetLess(double tax) {
    Policy policy = Policies.named("idle-tax", tax, 0);
    for (Snapshot host : hosts()) {
      for (int i = 0; i < host.vms().size(); i++) {
        VmSnapshot vm = host.vms().get(i);
        long before = policy.decide(with(host, i, active(vm, 0.25))).get(i).bytes();
        long after = policy.decide(with(host, i, active(vm, 0.75))).get(i).bytes();
        long rounding = host.vms().size() * Policy.PAGE;
        assertThat(after).isGreaterThanOrEqualTo(before - rounding);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theOrderOfTheVmsDoesNotMatter(Policy policy) {
    Random random = new Random(7);
    for (Snapshot host : hosts()) {
      if (policy instanceof CheckedPolicy) {
        continue; // the example prefers the first of two with equal shares
      }
      List<VmSnapshot> vms = new ArrayList<>(host.vms());
      Collections.shuffle(vms, random);
      Snapshot shuffled = new Snapshot(host.nanos(), host.machine(), vms);
      assertThat(byName(policy.decide(shuffled))).isEqualTo(byName(policy.decide(host)));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theSameHostGetsTheSameAnswer(Policy policy) {
    for (Snapshot host : hosts()) {
      assertThat(policy.decide(host)).isEqualTo(policy.decide(host));
    }
  }

  @ParameterizedTest
  @MethodSource("taxes")
  void withoutATaxItIsProportional(double tax) {
    Policy taxed = Policies.named("idle-tax", tax, 0);
    Policy proportional = Policies.named("proportional");
    boolean same = true;
    for (Snapshot host : hosts()) {
      same &= byName(taxed.decide(host)).equals(byName(proportional.decide(host)));
    }
    assertThat(same).isEqualTo(tax == 0);
  }

  private static List<Snapshot> hosts() {
    Random random = new Random(4);
    return IntStream.range(0, HOSTS).mapToObj(_ -> Hosts.random(random)).toList();
  }

  private static long sum(List<Target> targets) {
    return targets.stream().mapToLong(Target::bytes).sum();
  }

  private static Map<String, Long> byName(List<Target> targets) {
    Map<String, Long> bytes = new HashMap<>();
    targets.forEach(target -> bytes.put(target.vm(), target.bytes()));
    return bytes;
  }

  private static Snapshot with(Snapshot host, int index, VmSnapshot vm) {
    List<VmSnapshot> vms = new ArrayList<>(host.vms());
    vms.set(index, vm);
    return new Snapshot(host.nanos(), host.machine(), vms);
  }

  private static VmSnapshot active(VmSnapshot vm, double fraction) {
    Hosts.Guest guest = new Hosts.Guest(vm.name()).configured(vm.configured());
    guest.limits(vm.min(), vm.max()).shares(vm.shares()).held(vm.held()).swapped(vm.swapped());
    guest.ballooned(vm.ballooned()).swappedIn(vm.swappedIn()).available(vm.guestAvailable());
    return guest.active(fraction).proxy(vm.cache(), vm.proxy()).snapshot();
  }
}
