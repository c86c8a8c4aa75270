package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A guest that stores to a quarter of its pages, round after round, and how it is sampled. */
class SampledGuestTest {
  private static final long AREA = GuestLayout.RAM + (4 << 20);
  private static final int PAGES = 4096;
  private static final int USED = PAGES / 4;
  private static final long PERIOD = 1_000_000;
  private static final long END = 6 * PERIOD;

  private static Guest guest(PagingChoice paging, int pages) {
    Sampler.Settings settings = new Sampler.Settings(pages, PERIOD);
    Guest guest =
        new Guest(
            Program.touching(AREA, USED),
            options -> options.paging(paging).sampling(settings).seed(7));
    guest.vm().clock().schedule(END, () -> guest.vm().stop(0));
    return guest;
  }

  private static Sampler sampler(Guest guest) {
    return Objects.requireNonNull(guest.vm().sampler());
  }

  /** Its pages, and the few that hold its code and its tables. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void itIsSeenWhatItUses(PagingChoice paging) {
    try (Guest guest = guest(paging, 1000)) {
      sampler(guest).trace(true);
      guest.run();
      List<Estimate> found = sampler(guest).since(0);
      assertThat(found).hasSize(5);
      double sum = 0;
      for (Estimate period : found) {
        assertThat(period.ended() - period.begun()).isCloseTo(PERIOD, within(20_000L));
        assertThat(period.truth() / 4096).isBetween((long) USED, USED + 8L);
        assertThat(period.accessed() / 4096).isCloseTo(USED, within(64L));
        sum += period.fraction();
      }
      assertThat(sum / found.size()).isCloseTo(0.25, within(0.02));
      assertThat(guest.vm().exits().sampleNanos()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void sampledItDoesWhatItDoesElseAndTheSamplesRepeat(PagingChoice paging) {
    try (Guest alone = guest(paging, 0);
        Guest first = guest(paging, 100);
        Guest second = guest(paging, 100)) {
      for (Guest guest : List.of(alone, first, second)) {
        guest.run();
      }
      assertThat(first.vm().instructions()).isEqualTo(alone.vm().instructions());
      assertThat(sampler(first).since(0)).isNotEmpty().isEqualTo(sampler(second).since(0));
      assertThat(sampler(alone).since(0)).isEmpty();
    }
  }

  @Test
  void aChangeOfMethodBeginsAFreshSample() {
    try (Guest guest = guest(PagingChoice.NESTED, 1000)) {
      guest.vm().switchPagingAt(PERIOD / 2, PagingChoice.PROTECTED);
      guest.run();
      Estimate first = sampler(guest).since(0).getFirst();
      assertThat(first.begun()).isCloseTo(PERIOD / 2, within(20_000L));
      assertThat(first.fraction()).isCloseTo(0.25, within(0.06));
    }
  }

  @Test
  void aNativeGuestIsNotSampled() {
    try (Guest guest = guest(PagingChoice.NATIVE, 100)) {
      assertThat(guest.vm().sampler()).isNull();
    }
  }
}
