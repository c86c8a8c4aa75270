package dev.quire.monitor.sharing;

import com.dynatrace.hash4j.hashing.ByteAccess;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.quire.machine.memory.HostMemory;
import dev.quire.machine.memory.PhysicalMemory;

/**
 * A 64-bit hash of a frame's content, read where it lies. Komihash: what a page must contain to
 * have another's hash depends on the seed, which guests do not know.
 */
final class FrameHash {
  /** Offsets from the host address 0. */
  private static final ByteAccess<PhysicalMemory> HOST =
      new ByteAccess<>() {
        @Override
        public byte getByte(PhysicalMemory memory, long address) {
          return HostMemory.getByte(address);
        }

        @Override
        public int getInt(PhysicalMemory memory, long address) {
          return HostMemory.getInt(address);
        }

        @Override
        public long getLong(PhysicalMemory memory, long address) {
          return HostMemory.getLong(address);
        }
      };

  private final PhysicalMemory memory;
  private final Hasher64 hasher;

  FrameHash(PhysicalMemory memory, long seed) {
    this.memory = memory;
    this.hasher = Hashing.komihash5_0(seed);
  }

  /** Never {@link SharingTable#NONE}; {@code hpa} 4 KiB aligned. */
  long of(long hpa) {
    long address = memory.hostAddress(hpa, PhysicalMemory.FRAME_SIZE);
    long hash = hasher.hashBytesToLong(memory, address, PhysicalMemory.FRAME_SIZE, HOST);
    return hash == SharingTable.NONE ? 1 : hash;
  }
}
