package dev.quire.monitor.policy;

import java.util.List;

/**
 * Who gets how much machine memory: a pure function from what a host looks like to a target for
 * each VM. It has no clock, no thread and no memory of its own, so the same snapshot always gets
 * the same answer: a recorded run can be decided again by another policy.
 *
 * <p>Own policies: one public class with a public constructor without parameters, named in {@code
 * META-INF/services/dev.quire.monitor.policy.Policy}; see docs/policies.md.
 */
public interface Policy {
  /** Bytes of a page: targets are multiples of it. */
  long PAGE = 4096;

  /** The word that chooses it in a host file and on the command line. */
  String name();

  /**
   * Whether its targets hold even while memory is free; else they count when memory is short, and
   * whoever wants more takes it until then.
   */
  default boolean isStrict() {
    return false;
  }

  /**
   * One target for each VM of the snapshot, in the snapshot's order. Each is at least the VM's min
   * and at most its max, and together they are at most {@link MachineSnapshot#budget()} unless the
   * mins alone are more.
   */
  List<Target> decide(Snapshot snapshot);
}
