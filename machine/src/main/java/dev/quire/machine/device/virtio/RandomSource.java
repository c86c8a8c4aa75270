package dev.quire.machine.device.virtio;

import java.security.SecureRandom;
import java.util.SplittableRandom;

/** Random bytes for the guest. */
@FunctionalInterface
public interface RandomSource {
  void fill(byte[] bytes);

  /** The same bytes for the same seed: for repeatable runs, not for secrets. */
  static RandomSource seeded(long seed) {
    return new SplittableRandom(seed)::nextBytes;
  }

  /** The host's own generator. */
  static RandomSource host() {
    return new SecureRandom()::nextBytes;
  }
}
