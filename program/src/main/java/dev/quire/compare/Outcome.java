package dev.quire.compare;

import dev.quire.run.Counters;

/**
 * What came of one workload under one setup.
 *
 * @param counters of the workload; of the whole run, if that is the boot
 * @param totalInstructions from power-on to the end
 * @param consoleSha256 of what the guest printed on its console and then its command, in hex
 * @param failure what went wrong, with the last of what the guest printed; empty if nothing
 */
public record Outcome(
    Workload workload,
    Setup setup,
    Counters counters,
    long totalInstructions,
    String consoleSha256,
    String failure) {
  /** Whether the guest did the same as in the other run, as far as one can see from outside. */
  boolean sameAs(Outcome other) {
    return failure.isEmpty()
        && other.failure.isEmpty()
        && totalInstructions == other.totalInstructions
        && counters.instructions() == other.counters.instructions()
        && consoleSha256.equals(other.consoleSha256);
  }
}
