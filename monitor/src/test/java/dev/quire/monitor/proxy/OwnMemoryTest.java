package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.virtio.BalloonPages;
import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.machine.device.virtio.VirtioMmio;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.time.Timeline;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When the memory that a guest keeps falls and rises. */
class OwnMemoryTest {
  /** Where a driver writes how much it has in its balloon. */
  private static final int ACTUAL = 0x104;

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

  /** A driver that begins anew has nothing in its balloon, which is no want of memory. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void staysWhenTheDriverBeginsAnew(boolean adapts) {
    long size = 256 * MIB;
    try (PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, size)) {
      FrameTable frames = new FrameTable(machine);
      GuestMemory memory = new GuestMemory(machine, frames, null, 1, 0x8000_0000L, size, false);
      ProxyMemory.Settings settings = new ProxyMemory.Settings(192 * MIB, adapts, false);
      ProxyMemory proxy = new ProxyMemory(settings, memory, machine, frames);
      VirtioBalloon balloon = new VirtioBalloon(new NoPages(), new Standstill());
      VirtioMmio device = new VirtioMmio(balloon, memory, on -> {});
      OwnMemory driven = new OwnMemory(settings, size);
      begin(device);
      for (int i = 0; i < 10; i++) {
        driven.step(balloon, proxy);
        device.write(ACTUAL, 4, balloon.target());
      }
      assertThat(balloon.target()).isEqualTo(64 << 8);
      device.write(0x70, 4, 0);
      driven.step(balloon, proxy);
      begin(device);
      driven.step(balloon, proxy);
      assertThat(driven.bytes()).isEqualTo(192 * MIB);
      device.write(ACTUAL, 4, balloon.target());
      driven.step(balloon, proxy);
      device.write(ACTUAL, 4, balloon.target() / 2);
      driven.step(balloon, proxy);
      assertThat(driven.bytes() > 192 * MIB)
          .as("memory that the guest took back")
          .isEqualTo(adapts);
    }
  }

  private static void begin(VirtioMmio device) {
    for (int status : new int[] {0, 1, 3, 11, 15}) {
      device.write(0x70, 4, status);
    }
  }

  private static final class Standstill implements Timeline {
    @Override
    public long now() {
      return 0;
    }

    @Override
    public void schedule(long delayNanos, Runnable action) {}
  }

  private static final class NoPages implements BalloonPages {
    @Override
    public void inflated(long gfn) {}

    @Override
    public void deflated(long gfn) {}

    @Override
    public void reported(long gpa, long length) {}
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
