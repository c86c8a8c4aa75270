package dev.quire.host.demo;

import java.util.List;

/**
 * What came of a scenario.
 *
 * @param nanos for which it was played, of machine time
 * @param guests in the order of the host
 */
public record Played(long nanos, List<Guest> guests) {
  /**
   * One guest's part.
   *
   * @param programs that were started in it and verify what they wrote
   * @param work of these, as far as they told
   * @param moved while the scenario was played
   * @param oomKills programs that its kernel killed for want of memory
   */
  public record Guest(String name, int programs, Work work, Moved moved, long oomKills) {}

  public Played {
    guests = List.copyOf(guests);
  }

  /** Of all guests. */
  public Work work() {
    return guests.stream().map(Guest::work).reduce(Work.NONE, Work::plus);
  }

  /** Of all guests. */
  public Moved moved() {
    return guests.stream().map(Guest::moved).reduce(Moved.NONE, Moved::plus);
  }

  /** In all guests. */
  public long oomKills() {
    return guests.stream().mapToLong(Guest::oomKills).sum();
  }

  /** Whether every byte was right, and no program was killed. */
  boolean isGood() {
    return work().wrong() == 0 && oomKills() == 0;
  }
}
