package dev.quire.cli;

import dev.quire.machine.board.TimeSpan;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.run.ProxyChoice;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say whether a guest has proxy memory, and how long its disks take. */
final class ProxyOptions {
  @Option(
      names = "--proxy",
      paramLabel = "SIZE|PERCENT%",
      arity = "0..1",
      fallbackValue = ProxyChoice.STANDARD,
      description =
          "Proxy memory: the guest keeps so much of its memory, a balloon takes the rest, which"
              + " becomes a cache in the monitor of what the guest evicts; 'quire mrc' shows what"
              + " more or less memory would do (without a value ${FALLBACK-VALUE}).")
  private @Nullable String own;

  @Option(
      names = "--proxy-fixed",
      description = "Of --proxy: what the guest keeps stays as it is, whatever its misses say.")
  private boolean fixed;

  @Option(
      names = "--proxy-check",
      description = "Of --proxy: compare each page that the cache gives with the disk's.")
  private boolean checks;

  @Option(
      names = "--disk-latency",
      paramLabel = "D",
      defaultValue = "0",
      description =
          "Guest time that a disk needs for a request that is not served from the monitor's memory,"
              + " one after the other, for example 200us (default none).")
  private String latency = "";

  /** Finds mistakes before anything is pulled or opened. */
  void check(long memory, PagingChoice paging) {
    if (own != null && paging == PagingChoice.NATIVE) {
      throw UserError.of("--proxy needs a guest that is virtualized, not native.");
    }
    if (own == null && (fixed || checks)) {
      throw UserError.of(
          "%s says nothing without --proxy.", fixed ? "--proxy-fixed" : "--proxy-check");
    }
    var _ = settings(memory);
    var _ = TimeSpan.parse(latency);
  }

  private ProxyMemory.@Nullable Settings settings(long memory) {
    return own == null ? null : new ProxyChoice(own, !fixed, checks).settings(memory);
  }

  /** A guest with these options, of so many bytes of memory. */
  VmConfig.Builder configure(VmConfig.Builder guest, long memory) {
    return guest.balloon(own != null).proxy(settings(memory)).diskNanos(TimeSpan.parse(latency));
  }
}
