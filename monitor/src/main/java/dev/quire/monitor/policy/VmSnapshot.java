package dev.quire.monitor.policy;

/**
 * One VM at one moment. Sizes are bytes; configured = private + shared + swapped + ballooned +
 * unpopulated.
 *
 * @param name of the VM
 * @param configured the memory that the guest believes to have
 * @param min it always may hold so much; whole pages of 4 KiB, as is max
 * @param max it never may hold more; at most {@code configured}
 * @param shares its weight, at least 1
 * @param privateBytes pages in frames of their own
 * @param shared pages in frames that others map too
 * @param zero all-zero pages that were dropped, part of {@code unpopulated}
 * @param swapped pages in the swap file
 * @param ballooned pages that the guest's balloon gave to the monitor
 * @param unpopulated pages without content: zero on first touch
 * @param cache frames of the exclusive cache of its proxy memory, which are none of its pages
 * @param target what was decided for it last; 0 before the first decision
 * @param activity how much of it the VM used lately
 * @param swappedIn bytes brought back from the swap file since the last snapshot
 * @param guestTotal as the guest's balloon driver says, so as the guest sees it; -1 unknown
 * @param guestAvailable what the guest could use without reclaiming by force (Linux's
 *     MemAvailable), from the balloon driver; -1 unknown. It is read together with {@code
 *     ballooned}: if the balloon has moved since the driver said so, it is corrected by as much
 * @param guestFree unused pages, from the balloon driver; -1 unknown
 * @param obeys whether its balloon does what it is asked; if not, the monitor swaps
 * @param proxy what its proxy memory knows, or {@link ProxySnapshot#NONE}
 */
public record VmSnapshot(
    String name,
    long configured,
    long min,
    long max,
    int shares,
    long privateBytes,
    long shared,
    long zero,
    long swapped,
    long ballooned,
    long unpopulated,
    long cache,
    long target,
    Activity activity,
    long swappedIn,
    long guestTotal,
    long guestAvailable,
    long guestFree,
    boolean obeys,
    ProxySnapshot proxy) {
  /** Raises IllegalArgumentException for what cannot be. */
  public VmSnapshot {
    Checks.require(!name.isBlank(), "name", "'" + name + "'");
    Checks.pages("min", min);
    Checks.pages("max", max);
    Checks.require(max >= min, "max", max + " with a min of " + min);
    Checks.require(configured >= max, "configured", configured + " with a max of " + max);
    Checks.require(shares >= 1, "shares", shares);
    Checks.bytes("privateBytes", privateBytes);
    Checks.bytes("shared", shared);
    Checks.bytes("zero", zero);
    Checks.bytes("swapped", swapped);
    Checks.bytes("ballooned", ballooned);
    Checks.bytes("unpopulated", unpopulated);
    Checks.bytes("cache", cache);
    Checks.bytes("target", target);
    Checks.bytes("swappedIn", swappedIn);
    Checks.bytesOrUnknown("guestTotal", guestTotal);
    Checks.bytesOrUnknown("guestAvailable", guestAvailable);
    Checks.bytesOrUnknown("guestFree", guestFree);
  }

  /** Bytes of machine memory for it: behind its pages, and in its cache. */
  public long held() {
    return privateBytes + shared + cache;
  }

  /** Bytes that it could touch without asking anybody: all but what its balloon has taken. */
  public long touchable() {
    return configured - ballooned;
  }

  /**
   * Bytes of those it holds that it used lately; 0 if that is not measured. None of them is in its
   * cache: what it uses of that leaves the cache.
   */
  public long active() {
    return Math.min(privateBytes + shared, Math.round(activity.fraction() * touchable()));
  }

  /**
   * What the guest may hold with the balloon as it is, less what it says is available to it: the
   * bytes it has a use for, its kernel included; -1 unknown. It does not change when only the
   * balloon moves.
   */
  public long used() {
    return guestAvailable < 0 ? -1 : Math.max(0, touchable() - guestAvailable);
  }

  /** Bytes that are to stay available to a guest: an eighth of what it uses; 0 unknown. */
  public long comfort() {
    return Math.max(0, used()) / 8;
  }
}
