package dev.quire.monitor.policy;

import static dev.quire.monitor.policy.Hosts.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.policy.Hosts.Guest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemandTest {
  @Test
  void aGuestWithEnoughWantsWhatItHolds() {
    Demand demand = Demand.of(web().held(120 * MIB).available(60 * MIB).active(0.25).snapshot());
    assertThat(demand.wanted()).isEqualTo(120 * MIB);
    assertThat(demand.active()).isEqualTo(30 * MIB);
    assertThat(demand.missing()).isZero();
  }

  @Test
  void whatIsInSwapIsWantedBack() {
    VmSnapshot vm =
        web().held(120 * MIB).swapped(30 * MIB).swappedIn(5 * MIB).available(60 * MIB).snapshot();
    assertThat(Demand.of(vm).wanted()).isEqualTo(150 * MIB);
  }

  @Test
  void whatItsCacheHadNoRoomForIsWantedAndWhatItHoldsIsIdle() {
    ProxySnapshot proxy = new ProxySnapshot(96 * MIB, 12 * MIB, List.of());
    Guest guest = web().held(120 * MIB).proxy(30 * MIB, proxy).available(60 * MIB).active(1);
    Demand demand = Demand.of(guest.snapshot());
    assertThat(demand.wanted()).isEqualTo(132 * MIB);
    assertThat(demand.active()).isEqualTo(90 * MIB);
    assertThat(demand.activeFraction()).isEqualTo(0.75);
  }

  @Test
  void whatCameBackFromSwapSaysThatSoMuchOfTheRestIsActive() {
    Guest guest = web().held(100 * MIB).swapped(30 * MIB).available(60 * MIB).active(0.5);
    assertThat(Demand.of(guest.swappedIn(5 * MIB).snapshot()).active()).isEqualTo(55 * MIB);
    assertThat(Demand.of(guest.swappedIn(99 * MIB).snapshot()).active()).isEqualTo(80 * MIB);
  }

  @ParameterizedTest
  @CsvSource({"16, 144", "12, 160.5", "8, 177", "4, 193.5", "0, 210"})
  void theLessIsAvailableTheMoreIsWanted(long available, double wanted) {
    // It may hold 160; with 16 available it uses 144 and an eighth of that, 18, should be
    // available.
    VmSnapshot vm = web().held(140 * MIB).available(available * MIB).snapshot();
    long used = (160 - available) * MIB;
    double missing = Math.max(0, used / 8.0 - available * MIB);
    Demand demand = Demand.of(vm);
    assertThat((double) demand.missing()).isEqualTo(missing);
    assertThat((double) demand.wanted())
        .isBetween(used * 1.125 + 3 * missing, used * 1.125 + 3 * missing + 4096);
  }

  @Test
  void aGuestThatTellsNothingWantsHalfAsMuchAgain() {
    assertThat(Demand.of(new Guest("a").held(100 * MIB).snapshot()).wanted()).isEqualTo(150 * MIB);
  }

  @Test
  void nobodyWantsMoreThanItsMaxOrLessThanItsMin() {
    Guest guest = new Guest("a").limits(64 * MIB, 128 * MIB);
    assertThat(Demand.of(guest.held(200 * MIB).snapshot()).wanted()).isEqualTo(128 * MIB);
    assertThat(Demand.of(guest.held(MIB).snapshot()).wanted()).isEqualTo(64 * MIB);
  }

  @Test
  void whatWasNotSampledCountsAsActive() {
    assertThat(Demand.of(web().held(80 * MIB).available(80 * MIB).snapshot()).activeFraction())
        .isEqualTo(1);
  }

  /** Guests that need 150 MiB more, beside three that sleep over 130 MiB each. */
  @ParameterizedTest
  @ValueSource(strings = {"idle-tax", "proportional"})
  void aNeedOf150MebibytesIsMetWithinAFewPeriodsAndThenNothingMoves(String policy) {
    List<Long> targets = new ArrayList<>();
    long need = 250 * MIB; // its kernel and its programs
    long target = 110 * MIB;
    for (int period = 0; period < 12; period++) {
      // The balloon leaves it its target; of that it holds, and uses at once, all that it needs.
      long held = Math.min(target, need);
      VmSnapshot db =
          new Guest("db")
              .configured(512 * MIB)
              .ballooned(512 * MIB - target)
              .held(held)
              .active(0.9)
              .available(target - held)
              .snapshot();
      Snapshot host = Hosts.of(520 * MIB, db, idle("a"), idle("b"), idle("c"));
      target = Policies.named(policy).decide(host).getFirst().bytes();
      targets.add(target);
    }
    assertThat(targets.get(3)).isGreaterThanOrEqualTo(policy.equals("idle-tax") ? need : 130 * MIB);
    List<Long> settled = targets.subList(6, 12);
    assertThat(Collections.max(settled) - Collections.min(settled))
        .as("%s", targets)
        .isLessThan(4 * MIB);
  }

  private static VmSnapshot idle(String name) {
    return new Guest(name).held(130 * MIB).available(150 * MIB).active(0.05).snapshot();
  }

  private static Guest web() {
    return new Guest("web").ballooned(96 * MIB);
  }
}
