package dev.quire.machine.hart;

import dev.quire.machine.memory.PhysicalMemory;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** The decoded instructions of one frame, one slot a halfword, filled in as they are reached. */
final class CodePage {
  static final int SLOTS = (int) PhysicalMemory.FRAME_SIZE / 2;

  final long hpa;

  /**
   * The words of {@link Decoded} instructions; 0 ({@link Op#UNDECODED}) where none was decoded. The
   * last slot, whose instruction may go on in another page, and the one behind it only say to
   * leave.
   */
  final int[] words = new int[SLOTS + 1];

  /** Their immediates, in the form of {@link Decoded#placed}. */
  final int[] immediates = new int[SLOTS + 1];

  /** False once the cache has given the frame up: what runs from here must look it up again. */
  volatile boolean live = true;

  /** Writes to the frame since something was last decoded from it. */
  int writes;

  CodePage(long hpa) {
    this.hpa = hpa;
    clear();
  }

  void set(int slot, long d) {
    immediates[slot] = (int) Decoded.imm(d);
    VarHandle.storeStoreFence(); // other harts take the word for a sign that both are there
    words[slot] = (int) d;
  }

  /** Drops all instructions. */
  final void clear() {
    Arrays.fill(words, 0, SLOTS - 1, Op.UNDECODED);
    words[SLOTS - 1] = Op.LEAVE;
    words[SLOTS] = Op.LEAVE;
  }
}
