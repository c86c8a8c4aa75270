package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.virtio.BalloonStatistics;
import org.junit.jupiter.api.Test;

/** When the memory that a guest keeps falls and rises. */
class OwnMemoryTest {
  private static final long MIB = 1 << 20;
  private static final long CONFIGURED = 400 * MIB;
  private static final long STEP = 20 * MIB;

  private final OwnMemory own =
      new OwnMemory(new ProxyMemory.Settings(240 * MIB, true, false), CONFIGURED);
  private int look;
  private long reads;
  private long hits;
  private long swapped;

  /** Ten seconds in which the guest misses, hits and swaps so much, and then has so much left. */
  private long after(long missed, long spared, long swappedMib, long availableMib) {
    for (int i = 0; i < OwnMemory.FLAT; i++) {
      reads += missed / OwnMemory.FLAT;
      hits += spared / OwnMemory.FLAT;
      swapped += swappedMib * MIB / OwnMemory.FLAT;
      look++;
      if (look % 10 == 0) {
        own.adapt(look, said(availableMib * MIB), reads, hits);
      }
    }
    return own.bytes();
  }

  private BalloonStatistics said(long available) {
    return new BalloonStatistics(look, 0, available, CONFIGURED, 0, 0, swapped, 0, 0, 0);
  }

  @Test
  void fallsByAStepWhileMoreMemoryWouldSpareNothing() {
    assertThat(after(0, 0, 0, 200)).isEqualTo(240 * MIB - STEP);
    assertThat(after(100_000, 200, 0, 200)).isEqualTo(240 * MIB - 2 * STEP);
  }

  @Test
  void staysWhileMoreMemoryWouldSpareMisses() {
    assertThat(after(100_000, 2_000, 0, 200)).isEqualTo(240 * MIB);
    assertThat(after(100, 100, 0, 200)).isEqualTo(240 * MIB);
  }

  @Test
  void staysWhileTheGuestHasNothingToSpare() {
    assertThat(after(0, 0, 0, 45)).isEqualTo(240 * MIB);
  }

  @Test
  void isNeverLessThanALinuxNeeds() {
    for (int i = 0; i < 20; i++) {
      var _ = after(0, 0, 0, 350);
    }
    assertThat(own.bytes()).isBetween(ProxyMemory.Settings.LEAST_OWN, 64 * MIB + STEP);
  }

  @Test
  void risesByAStepASecondWhileTheGuestSwapsUpToAll() {
    assertThat(after(0, 0, 3, 10)).isEqualTo(CONFIGURED);
    assertThat(after(0, 0, 1, 10)).isEqualTo(CONFIGURED);
  }

  @Test
  void staysAsItIsToldUnlessItAdapts() {
    OwnMemory fixed = new OwnMemory(new ProxyMemory.Settings(240 * MIB, false, false), CONFIGURED);
    assertThat(fixed.bytes()).isEqualTo(240 * MIB);
    OwnMemory all =
        new OwnMemory(new ProxyMemory.Settings(2 * CONFIGURED, true, false), CONFIGURED);
    assertThat(all.bytes()).isEqualTo(CONFIGURED);
  }
}
