package dev.quire.machine.device.virtio;

import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What a guest's balloon driver said of its memory (specification, section 5.5.6.3). Amounts are in
 * bytes, events counted since the guest started; what it did not tell is {@link #UNKNOWN}.
 *
 * @param nanos guest time at which this was received
 * @param free not used for anything
 * @param available estimate of what programs could get without swapping
 * @param total all that the guest's kernel manages
 * @param diskCaches could be reclaimed quickly
 * @param swapIn brought back from the guest's own swap
 * @param swapOut written to it
 * @param majorFaults that needed I/O
 * @param minorFaults all others
 * @param oomKills processes killed for want of memory (as Linux does since 6.11; not in the
 *     specification)
 */
public record BalloonStatistics(
    long nanos,
    long free,
    long available,
    long total,
    long diskCaches,
    long swapIn,
    long swapOut,
    long majorFaults,
    long minorFaults,
    long oomKills) {
  /** In place of a number that the guest did not tell. */
  public static final long UNKNOWN = -1;

  /** Nothing is known, at guest time 0. */
  public static final BalloonStatistics NONE = parse(0, new byte[0], 0);

  /** Bytes of an entry: tag 2, value 8. */
  static final int ENTRY_BYTES = 10;

  private static final int SWAP_IN = 0;
  private static final int SWAP_OUT = 1;
  private static final int MAJOR_FAULTS = 2;
  private static final int MINOR_FAULTS = 3;
  private static final int FREE = 4;
  private static final int TOTAL = 5;
  private static final int AVAILABLE = 6;
  private static final int DISK_CACHES = 7;
  private static final int OOM_KILLS = 10;
  private static final int TAGS = 11;

  void save(StateWriter out) {
    out.putInstant(nanos);
    long[] amounts = {
      free, available, total, diskCaches, swapIn, swapOut, majorFaults, minorFaults, oomKills
    };
    for (long amount : amounts) {
      out.putLong(amount);
    }
  }

  static BalloonStatistics load(StateReader in) {
    long nanos = in.getInstant();
    return new BalloonStatistics(
        nanos,
        amount(in),
        amount(in),
        amount(in),
        amount(in),
        amount(in),
        amount(in),
        amount(in),
        amount(in),
        amount(in));
  }

  private static long amount(StateReader in) {
    return in.getLong("the guest's statistics", UNKNOWN, Long.MAX_VALUE);
  }

  /** Reads whole entries, in any order; unknown tags and values beyond 2^63 are passed over. */
  static BalloonStatistics parse(long nanos, byte[] bytes, int length) {
    ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long[] values = new long[TAGS];
    Arrays.fill(values, UNKNOWN);
    for (int at = 0; at + ENTRY_BYTES <= length; at += ENTRY_BYTES) {
      int tag = entries.getShort(at) & 0xffff;
      if (tag < TAGS) {
        values[tag] = Math.max(UNKNOWN, entries.getLong(at + 2));
      }
    }
    return new BalloonStatistics(
        nanos,
        values[FREE],
        values[AVAILABLE],
        values[TOTAL],
        values[DISK_CACHES],
        values[SWAP_IN],
        values[SWAP_OUT],
        values[MAJOR_FAULTS],
        values[MINOR_FAULTS],
        values[OOM_KILLS]);
  }
}
