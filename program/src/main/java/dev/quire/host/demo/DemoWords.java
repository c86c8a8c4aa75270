package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostView;
import dev.quire.host.VmEntry;
import java.util.List;
import java.util.Locale;

/** What the view shows above the numbers while a demonstration goes on. */
final class DemoWords implements HostView.Words {
  private static final double NANOS = 1e9;

  private final HostConfig config;
  private final Play play;
  private final long nanos;

  DemoWords(HostConfig config, Play play, long nanos) {
    this.config = config;
    this.play = play;
    this.nanos = nanos;
  }

  @Override
  public List<String> headline() {
    return List.of(promise(config), progress());
  }

  /** What the guests were promised of what there is. */
  static String promise(HostConfig config) {
    long promised = config.vms().stream().mapToLong(VmEntry::memory).sum();
    return String.format(
        Locale.ROOT,
        "Machine %,d MiB. Promised to %d Linux guests: %,d MiB.",
        config.machine().memory() >> 20,
        config.vms().size(),
        promised >> 20);
  }

  private String progress() {
    if (!play.begun()) {
      return "The guests boot; the demonstration begins when the last is up.";
    }
    Played played = play.played();
    String end =
        nanos == Long.MAX_VALUE ? "" : String.format(Locale.ROOT, " of %.0f", nanos / NANOS);
    return String.format(
        Locale.ROOT,
        "Second %.0f%s. The guests have verified %,d MiB of what they wrote: %,d bytes are wrong.",
        played.nanos() / NANOS,
        end,
        played.work().verified() >> 20,
        played.work().wrong());
  }
}
