package dev.quire.machine.device;

import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.util.Arrays;

/** A bounded first-in, first-out queue of bytes; grows to its limit as needed. Not thread-safe. */
final class ByteQueue {
  private final int limit;
  private byte[] ring;
  private int head;
  private int size;

  /** {@code limit} is a power of two, at least 16. */
  ByteQueue(int limit) {
    this.limit = limit;
    this.ring = new byte[16];
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** False, and nothing added, when the queue is full. */
  boolean add(byte value) {
    if (size == limit) {
      return false;
    }
    if (size == ring.length) {
      grow();
    }
    ring[(head + size) & (ring.length - 1)] = value;
    size++;
    return true;
  }

  /** The next byte as 0..255, or 0 when there is none. */
  int poll() {
    if (size == 0) {
      return 0;
    }
    int value = ring[head] & 0xff;
    head = (head + 1) & (ring.length - 1);
    size--;
    return value;
  }

  void clear() {
    size = 0;
  }

  void save(StateWriter out) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = ring[(head + i) & (ring.length - 1)];
    }
    out.putCounted(bytes);
  }

  void load(StateReader in) {
    clear();
    for (byte value : in.getCounted("waiting input", limit)) {
      add(value);
    }
  }

  private void grow() {
    byte[] larger = Arrays.copyOf(ring, ring.length * 2);
    System.arraycopy(ring, head, larger, 0, ring.length - head);
    System.arraycopy(ring, 0, larger, ring.length - head, head);
    ring = larger;
    head = 0;
  }
}
