package dev.quire.monitor.proxy;

import java.util.Arrays;

/**
 * How much a guest kept for itself at each of its reads, in frames: with less it might have missed
 * more, which nobody saw. So a curve begins where that was the case for hardly any read.
 */
final class KeptSizes {
  /** A MiB: larger differences are told apart. */
  private static final int BUCKET_SHIFT = 8;

  /** The curve may leave out what one in so many of the reads could have missed. */
  private static final int FEW = 100;

  /** Reads by bucket. */
  private double[] reads = new double[0];

  /** The most that the guest kept at any of them. */
  private int[] most = new int[0];

  private double all;

  /** A read when the guest kept so much. */
  void add(int frames) {
    int bucket = frames >> BUCKET_SHIFT;
    if (bucket >= reads.length) {
      reads = Arrays.copyOf(reads, bucket + 1);
      most = Arrays.copyOf(most, bucket + 1);
    }
    reads[bucket]++;
    most[bucket] = Math.max(most[bucket], frames);
    all++;
  }

  /** Half as many of each. */
  void halve() {
    for (int bucket = 0; bucket < reads.length; bucket++) {
      reads[bucket] /= 2;
    }
    all /= 2;
  }

  void clear() {
    reads = new double[0];
    most = new int[0];
    all = 0;
  }

  /** So much or less it kept at nearly all reads; 0 if there were none. */
  int nearlyAlways() {
    double more = 0;
    for (int bucket = reads.length - 1; bucket >= 0; bucket--) {
      more += reads[bucket];
      if (more > all / FEW) {
        return most[bucket];
      }
    }
    return 0;
  }
}
