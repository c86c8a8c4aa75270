package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.cli.GuestCommand;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.monitor.proxy.SwapDiskCounters;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import dev.quire.run.SwapDiskChoice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A real guest swaps to its swap disk, and finds all again. */
class SwapDiskGuestTest {
  private static final long OWN = 96L << 20;
  private static final long DISK = 64L << 20;

  /** Once the balloon has what it is to take: more memory than the guest has, in one pass. */
  private static final String COMMAND =
      """
      sleep 3
      tail -n 1 /proc/swaps
      cat /proc/sys/vm/page-cluster
      pattern 26 --passes 1
      sleep 1
      """;

  /** {@code proxy}: null if there was no proxy memory. */
  private record Done(String output, SwapDiskCounters disk, @Nullable ProxyCounters proxy) {}

  private static Done run(long memory, boolean proxy) throws IOException {
    HostSession.Boot boot = DebianGuest.bootToSwap(memory);
    VmConfig config =
        new VmConfig.Builder(boot.kernel())
            .initrd(boot.initrd())
            .memory(memory)
            .balloon(true)
            .proxy(proxy ? new ProxyMemory.Settings(OWN, false, true) : null)
            .swapDisk(DISK)
            .append(
                "console=ttyS0 panic=-1 "
                    + GuestCommand.FAST_BOOT
                    + SwapDiskChoice.append(DISK, 0).stripTrailing())
            .build();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (GuestRun run = new GuestRun(config, GuestConsole.kept(true), COMMAND, output::write)) {
      int status = run.exec();
      String text = output.toString(StandardCharsets.UTF_8);
      assertThat(status).as(text).isZero();
      ProxyMemory cache = run.vm().proxy();
      return new Done(
          text,
          Objects.requireNonNull(run.vm().swapDisk()).counters(),
          cache == null ? null : cache.counters());
    }
  }

  private static void assertSwapped(Done done) {
    assertThat(done.output().lines())
        .hasSize(3)
        .satisfiesExactly(
            swaps -> assertThat(swaps).matches("/dev/vda +partition\\t+65532\\t+\\d+\\t+-2"),
            cluster -> assertThat(cluster).isEqualTo("0"),
            pattern ->
                assertThat(pattern).contains("passes 1, verified 54525952 bytes, wrong 0 bytes"));
    SwapDiskCounters disk = done.disk();
    assertThat(disk.writes()).isGreaterThan(5000);
    assertThat(disk.reads()).isGreaterThan(5000);
    // Clusters of 512 slots: those that became free as a whole.
    assertThat(disk.discards()).isGreaterThan(2000);
    assertThat(disk.held()).isLessThan(disk.writes() - disk.discards() + 1);
  }

  @Test
  void itsContentIsInTheSwapFile() throws IOException {
    Done done = run(OWN, false);
    assertSwapped(done);
    assertThat(done.disk().cached()).isZero();
    assertThat(done.disk().stale()).isZero();
  }

  /** Each block that does not come from the disk is compared with it. */
  @Test
  void itsContentIsInTheCache() throws IOException {
    Done done = run(OWN + (48 << 20), true);
    assertSwapped(done);
    ProxyCounters proxy = Objects.requireNonNull(done.proxy());
    assertThat(proxy.hits()).isGreaterThan(5000);
    assertThat(proxy.checked()).isGreaterThanOrEqualTo(proxy.hits());
    assertThat(proxy.wrong()).isZero();
  }
}
