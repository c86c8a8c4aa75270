package dev.quire.host;

import dev.quire.machine.board.TimeSpan;
import dev.quire.monitor.policy.Policies;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.sharing.Sharing;
import java.util.List;

/**
 * The table {@code [manager]}: how memory moves between guests.
 *
 * @param policy the name of a policy that there is, by {@link Policies#named}
 * @param tax the idle memory tax tau of the policy idle-tax, from 0 to below 1: an idle page costs
 *     1 / (1 - tau) times what one in use does
 * @param alpha of the policy miss-ratio, at least 0: by what part a guest may miss more than its
 *     baseline
 * @param periodNanos between two decisions, in nanoseconds of the machine's time
 * @param sampling how the use of memory is estimated, of each guest alike
 * @param sharing which equal pages become one, and how they are found
 */
public record ManagerConfig(
    String policy,
    double tax,
    double alpha,
    long periodNanos,
    SwapConfig swap,
    Sampler.Settings sampling,
    Sharing sharing) {
  static final List<String> KEYS =
      List.of(
          "policy",
          "tax",
          "alpha",
          "period",
          "swap",
          "swap_latency",
          "sample_pages",
          "sample_period",
          "sharing",
          "scan_rate",
          "scan_cpu",
          "scan_order");

  private static final long LEAST_PERIOD = TimeSpan.parse("100ms");

  static ManagerConfig from(Section section) {
    double tax = section.number("tax", Policies.DEFAULT_TAX, "a number from 0 to below 1");
    if (!(tax >= 0 && tax < 1)) {
      throw section.mistake("tax", "tax = %s is not possible: from 0 to below 1.", tax);
    }
    double alpha = section.number("alpha", Policies.DEFAULT_ALPHA, "a number from 0 to 1000");
    if (!(alpha >= 0 && alpha <= Policies.MOST_ALPHA)) {
      throw section.mistake("alpha", "alpha = %s is not possible: from 0 to 1000.", alpha);
    }
    long period = section.time("period", "1s");
    if (period < LEAST_PERIOD) {
      throw section.mistake("period", "the period is too short: at least 100ms.");
    }
    return new ManagerConfig(
        policy(section, tax, alpha),
        tax,
        alpha,
        period,
        SwapConfig.from(section),
        sampling(section),
        SharingConfig.from(section));
  }

  private static Sampler.Settings sampling(Section section) {
    int pages = section.whole("sample_pages", 0, Sampler.Settings.MOST_PAGES, 100);
    long nanos = section.time("sample_period", "30s");
    return section.parsed("sample_period", () -> new Sampler.Settings(pages, nanos));
  }

  /** The same under another policy. */
  public ManagerConfig withPolicy(String name) {
    return new ManagerConfig(name, tax, alpha, periodNanos, swap, sampling, sharing);
  }

  private static String policy(Section section, double tax, double alpha) {
    String name = section.string("policy", "idle-tax");
    return section.parsed("policy", () -> Policies.named(name, tax, alpha)).name();
  }
}
