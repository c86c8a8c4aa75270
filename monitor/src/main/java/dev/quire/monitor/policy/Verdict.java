package dev.quire.monitor.policy;

import java.util.List;

/**
 * The target of one VM under {@link SharesPolicy}, and how it came to be, in words.
 *
 * @param policy its name
 * @param index which of the VMs
 * @param demands of all VMs
 * @param vessels of all VMs, filled to {@code level}
 * @param level bytes for each share
 * @param enough whether all get what they want, and what is filled up is the rest
 */
record Verdict(
    String policy,
    int index,
    List<Demand> demands,
    List<Vessel> vessels,
    double level,
    boolean enough) {
  /** Idleness below this part is not worth a word. */
  private static final double WORTH_SAYING = 0.05;

  Target target() {
    String uses = taxed() && vm().held() > 0 ? uses() + "\n" : "";
    String reason = "%s: %s\n%s%s\n%s".formatted(policy, earns(), uses, wants(), gets());
    return new Target(vm().name(), bytes(), reason, brief());
  }

  private VmSnapshot vm() {
    return demand().vm();
  }

  private Demand demand() {
    return demands.get(index);
  }

  private Vessel vessel() {
    return vessels.get(index);
  }

  private boolean taxed() {
    return vessel().idleCost() > 1;
  }

  private long bytes() {
    return vessel().bytes(level);
  }

  /** The formula for what it holds now. */
  private String earns() {
    String shares = Wording.count(vm().shares()) + " shares / ";
    String held = Wording.mib(vm().held());
    if (vm().held() == 0) {
      return shares + "0 MiB: it holds nothing yet";
    }
    if (!taxed()) {
      return "%s%s = %s".formatted(shares, held, density());
    }
    double active = demand().activeFraction();
    return "%s(%s x (%s + %s x %s)) = %s"
        .formatted(
            shares,
            held,
            Wording.decimal(active, 2),
            Wording.decimal(vessel().idleCost(), 2),
            Wording.decimal(1 - active, 2),
            density());
  }

  /** How much of what it holds is active, and how that is known. */
  private String uses() {
    Activity activity = vm().activity();
    String active = "active " + Wording.mib(demand().active()) + ": ";
    if (!activity.measured()) {
      return active + "nothing is sampled yet, so all that it holds counts";
    }
    StringBuilder text = new StringBuilder(active);
    text.append(Wording.percent(activity.fraction()))
        .append(" of ")
        .append(Wording.mib(vm().touchable()));
    if (demand().active() > vm().active()) {
      text.append(", and ")
          .append(Wording.mib(demand().active() - vm().active()))
          .append(" that it lacks or that came back from swap");
    }
    return text.append("; it touched ")
        .append(Wording.count(activity.touchedPages()))
        .append(" of the last ")
        .append(Wording.count(activity.sampledPages()))
        .append(" pages sampled (95 % interval ")
        .append(Wording.percent(activity.low()))
        .append(" to ")
        .append(Wording.percent(activity.high()))
        .append(")")
        .toString();
  }

  /** What it earns now, and among how many others. */
  private String density() {
    double own = vessel().density(vm().held());
    long lower = 0;
    long higher = 0;
    for (int i = 0; i < vessels.size(); i++) {
      double other = vessels.get(i).density(demands.get(i).vm().held());
      lower += other < own ? 1 : 0;
      higher += other > own ? 1 : 0;
    }
    String text = Wording.density(own);
    if (lower + higher == 0) {
      return text;
    }
    if (lower == 0) {
      return "%s, the lowest of %d".formatted(text, vessels.size());
    }
    return higher == 0
        ? "%s, the highest of %d".formatted(text, vessels.size())
        : "%s, higher than %d of %d".formatted(text, lower, vessels.size());
  }

  private String wants() {
    StringBuilder text = new StringBuilder("wants ");
    text.append(Wording.mib(demand().wanted()))
        .append(Wording.limit(vm(), demand().wanted()))
        .append(": holds ")
        .append(Wording.mib(vm().held()))
        .append(cache())
        .append(", ")
        .append(Wording.mib(vm().swapped()))
        .append(" swapped");
    if (vm().swappedIn() > 0) {
      text.append(" (").append(Wording.mib(vm().swappedIn())).append(" came back)");
    }
    if (vm().used() < 0) {
      return text.append("; the guest says nothing, so half as much again").toString();
    }
    return text.append("; the guest uses ")
        .append(Wording.mib(vm().used()))
        .append(", ")
        .append(Wording.mib(vm().guestAvailable()))
        .append(" is available, ")
        .append(Wording.mib(vm().comfort()))
        .append(" should be")
        .toString();
  }

  private String cache() {
    String cache = vm().cache() > 0 ? " with its cache of " + Wording.mib(vm().cache()) : "";
    long displaced = vm().proxy().displaced();
    return displaced == 0
        ? cache
        : cache + ", and its cache had no room for " + Wording.mib(displaced);
  }

  private String gets() {
    String target = "target " + Wording.mib(bytes());
    if (enough) {
      long more = bytes() - demand().wanted();
      return "%s%s: what it wants, and %s of what nobody wants"
          .formatted(target, Wording.limit(vm(), bytes()), Wording.mib(more));
    }
    if (bytes() == demand().wanted()) {
      return target + ": all that it wants";
    }
    if (level == 0) {
      return target + ": its min, since the mins together are more than there is";
    }
    String density = Wording.density(vessel().density(bytes()));
    if (bytes() == vm().min()) {
      return "%s: its min, and even there it earns only %s".formatted(target, density);
    }
    return "%s: there it earns %s, as all do that are between their limits"
        .formatted(target, density);
  }

  private String brief() {
    if (vm().held() == 0) {
      return "holds nothing yet";
    }
    if (!taxed()) {
      return "it earns " + density();
    }
    double idle = 1 - demand().activeFraction();
    return idle < WORTH_SAYING
        ? "uses %s %% of what it holds".formatted(Wording.count(Math.round(100 * (1 - idle))))
        : "%s %% idle, so each idle page costs %s"
            .formatted(
                Wording.count(Math.round(100 * idle)), Wording.decimal(vessel().idleCost(), 2));
  }
}
