package dev.quire.machine.hart;

import dev.quire.machine.memory.PhysicalMemory;

/** The decoded instructions of one frame, one slot a halfword, filled in as they are reached. */
final class CodePage {
  static final int SLOTS = (int) PhysicalMemory.FRAME_SIZE / 2;

  final long hpa;

  /** {@link Decoded} instructions; 0 ({@link Op#UNDECODED}) where none was decoded. */
  final long[] slots = new long[SLOTS];

  /** False once the cache has given the frame up: what runs from here must look it up again. */
  volatile boolean live = true;

  /** Writes to the frame since something was last decoded from it. */
  int writes;

  CodePage(long hpa) {
    this.hpa = hpa;
  }
}
