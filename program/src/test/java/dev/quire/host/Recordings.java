package dev.quire.host;

import dev.quire.monitor.policy.Activity;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Policies;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ProxySnapshot;
import dev.quire.monitor.policy.ProxySnapshot.Point;
import dev.quire.monitor.policy.ReclaimState;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import java.nio.file.Path;
import java.util.List;

/** Recorded runs for tests: "web" falls asleep beside a busy "db". */
final class Recordings {
  static final long MIB = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  private Recordings() {}

  /** A run of some seconds under the policy with this name. */
  static Path record(Path folder, String policy, int seconds) {
    Path file = folder.resolve("run.jsonl");
    Policy decides = Policies.named(policy);
    var header = new SnapshotLog.Header(policy, 0.75, 0.05, SECOND, 320 * MIB);
    try (SnapshotWriter writer = new SnapshotWriter(file, header)) {
      for (int second = 1; second <= seconds; second++) {
        Snapshot snapshot = snapshot(second);
        writer.write(snapshot, decides.decide(snapshot));
      }
    }
    return file;
  }

  static Snapshot snapshot(int second) {
    MachineSnapshot machine =
        new MachineSnapshot(320 * MIB, 0, 319 * MIB, MIB, 0, 0, 0, ReclaimState.SOFT);
    return new Snapshot(second * SECOND, machine, List.of(vm("web", 1.0 / second), vm("db", 1)));
  }

  /** The same with proxy memory for the first guest. */
  static Snapshot withCurve(Snapshot snapshot) {
    ProxySnapshot proxy =
        new ProxySnapshot(
            64 * MIB, MIB, List.of(new Point(64 * MIB, 7.25), new Point(128 * MIB, 0)));
    return new Snapshot(
        snapshot.nanos(),
        snapshot.machine(),
        List.of(vm("web", 0.5, proxy), snapshot.vms().getLast()));
  }

  private static VmSnapshot vm(String name, double active) {
    return vm(name, active, ProxySnapshot.NONE);
  }

  /** It holds 200 of 236 MiB that it could touch. */
  private static VmSnapshot vm(String name, double active, ProxySnapshot proxy) {
    double fraction = active * 200 / 236;
    Activity activity = new Activity(fraction, 100, Math.round(100 * fraction), 0, 1);
    return new VmSnapshot(
        name, 256 * MIB, 32 * MIB, 256 * MIB, 1000, 200 * MIB, 0, 10 * MIB, 16 * MIB, 20 * MIB,
        20 * MIB, 0, 150 * MIB, activity, 0, 192 * MIB, 100 * MIB, 40 * MIB, true, proxy);
  }
}
