package dev.quire.monitor.estimate;

/** Numbers of which the largest is at hand: a binary heap. */
final class LongHeap {
  private final long[] values;
  private int size;

  LongHeap(int capacity) {
    values = new long[capacity];
  }

  int size() {
    return size;
  }

  /** The largest, while there is one. */
  long largest() {
    return values[0];
  }

  void add(long value) {
    int place = size;
    size++;
    while (place > 0 && values[(place - 1) / 2] < value) {
      values[place] = values[(place - 1) / 2];
      place = (place - 1) / 2;
    }
    values[place] = value;
  }

  /** Removes the largest, and returns it. */
  long remove() {
    long largest = values[0];
    size--;
    long value = values[size];
    int place = 0;
    for (int child = 1; child < size; child = 2 * place + 1) {
      child += child + 1 < size && values[child + 1] > values[child] ? 1 : 0;
      if (values[child] <= value) {
        break;
      }
      values[place] = values[child];
      place = child;
    }
    values[place] = value;
    return largest;
  }
}
