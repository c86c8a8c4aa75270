package dev.quire.monitor.policy;

import dev.quire.monitor.estimate.Wilson;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Snapshots for tests. */
final class Hosts {
  static final long MIB = 1 << 20;

  private Hosts() {}

  /** A machine of which {@code budget} bytes are for guests. */
  static MachineSnapshot machineFor(long budget) {
    long total = budget * 100 / 94;
    while (total - ReclaimState.HIGH.freeBytes(total) < budget) {
      total++;
    }
    return new MachineSnapshot(total, 0, total, 0, 0, 0, 0, ReclaimState.HIGH);
  }

  static Snapshot of(long budget, VmSnapshot... vms) {
    return new Snapshot(0, machineFor(budget), List.of(vms));
  }

  /**
   * A VM of 256 MiB that holds {@code held} bytes, uses a part of them, and says nothing itself.
   */
  static VmSnapshot vm(String name, int shares, long held, double active) {
    return new Guest(name).shares(shares).held(held).active(active).snapshot();
  }

  /** Any host at all: machines too small for their VMs, guests of which nothing is known. */
  static Snapshot random(Random random) {
    List<VmSnapshot> vms = new ArrayList<>();
    int count = 1 + random.nextInt(7);
    long sum = 0;
    for (int i = 0; i < count; i++) {
      VmSnapshot vm = randomVm(random, "vm" + i);
      vms.add(vm);
      sum += vm.configured();
    }
    long total = (long) (sum * (0.2 + random.nextDouble()));
    long saved = random.nextBoolean() ? 0 : random.nextLong(total);
    MachineSnapshot machine =
        new MachineSnapshot(
            total, 0, 0, total / 50, 0, random.nextInt(1 << 20), saved, ReclaimState.SOFT);
    return new Snapshot(random.nextLong(1L << 40), machine, vms);
  }

  private static VmSnapshot randomVm(Random random, String name) {
    long pages = random.nextLong(1, 100_001);
    long max = random.nextBoolean() ? pages : random.nextLong(pages + 1);
    long min = random.nextLong(max / 2 + 1);
    long held = random.nextLong(pages + 1);
    long swapped = random.nextBoolean() ? 0 : random.nextLong(pages - held + 1);
    long ballooned = random.nextLong(pages - held - swapped + 1);
    Guest guest = new Guest(name).configured(pages * Policy.PAGE);
    guest.limits(min * Policy.PAGE, max * Policy.PAGE).shares(1 + random.nextInt(3000));
    guest.held(held * Policy.PAGE).swapped(swapped * Policy.PAGE);
    guest.ballooned(ballooned * Policy.PAGE).swappedIn(random.nextInt(100) * Policy.PAGE);
    if (random.nextInt(4) > 0) {
      guest.active(random.nextInt(5) / 4.0);
    }
    if (random.nextBoolean()) {
      guest.proxy(
          random.nextLong(Math.min(held, ballooned) + 1) * Policy.PAGE, proxy(random, pages));
    }
    if (random.nextInt(3) > 0) {
      guest.available(random.nextLong(pages - ballooned + 1) * Policy.PAGE);
    }
    return guest.snapshot();
  }

  /** Curves of all kinds: flat ones, few steps and many, small and large ones, or none at all. */
  private static ProxySnapshot proxy(Random random, long pages) {
    long own = random.nextLong(1, pages + 1);
    long displaced = random.nextInt(3) * random.nextLong(1 << 20);
    List<ProxySnapshot.Point> points = new ArrayList<>();
    double misses = random.nextInt(1000);
    long frames = own;
    for (int left = random.nextInt(8); left > 0; left--) {
      points.add(new ProxySnapshot.Point(frames * Policy.PAGE, misses));
      misses *= random.nextInt(5) / 4.0;
      frames += 1 + random.nextLong(1 + pages / 4);
    }
    return new ProxySnapshot(own * Policy.PAGE, displaced, points);
  }

  /** A VM in the making; 256 MiB, of which nothing is known. */
  static final class Guest {
    private final String name;
    private long configured = 256 * MIB;
    private long min;
    private long max = -1;
    private int shares = 1000;
    private long held;
    private long swapped;
    private long ballooned;
    private double active = -1;
    private long swappedIn;
    private long available = -1;
    private long cache;
    private ProxySnapshot proxy = ProxySnapshot.NONE;

    Guest(String name) {
      this.name = name;
    }

    Guest configured(long bytes) {
      configured = bytes;
      return this;
    }

    Guest limits(long min, long max) {
      this.min = min;
      this.max = max;
      return this;
    }

    Guest shares(int shares) {
      this.shares = shares;
      return this;
    }

    Guest held(long bytes) {
      held = bytes;
      return this;
    }

    Guest swapped(long bytes) {
      swapped = bytes;
      return this;
    }

    Guest ballooned(long bytes) {
      ballooned = bytes;
      return this;
    }

    Guest active(double fraction) {
      active = fraction;
      return this;
    }

    Guest swappedIn(long bytes) {
      swappedIn = bytes;
      return this;
    }

    Guest available(long bytes) {
      available = bytes;
      return this;
    }

    /** It has proxy memory; of what it holds, {@code cacheBytes} are in its cache. */
    Guest proxy(long cacheBytes, ProxySnapshot known) {
      cache = cacheBytes;
      proxy = known;
      return this;
    }

    /** As if so much of what it holds had been found to be active. */
    private Activity activity() {
      if (active < 0) {
        return Activity.UNKNOWN;
      }
      double fraction = held == 0 ? 0 : active * held / (configured - ballooned);
      int pages = (int) ((configured - ballooned) / Policy.PAGE);
      int sampled = Math.min(100, pages);
      int touched = (int) Math.round(fraction * sampled);
      Wilson interval = Wilson.of(touched, sampled, pages);
      return new Activity(fraction, sampled, touched, interval.low(), interval.high());
    }

    VmSnapshot snapshot() {
      return new VmSnapshot(
          name,
          configured,
          min,
          max < 0 ? configured : max,
          shares,
          held - cache,
          0,
          0,
          swapped,
          ballooned,
          Math.max(0, configured - (held - cache) - swapped - ballooned),
          cache,
          0,
          activity(),
          swappedIn,
          available < 0 ? -1 : configured,
          available,
          available,
          true,
          proxy);
    }
  }
}
