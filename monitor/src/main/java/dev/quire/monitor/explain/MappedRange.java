package dev.quire.monitor.explain;

/**
 * Addresses that a table maps one after the other to addresses one after the other, alike.
 *
 * @param from the first address, a gva or gpa
 * @param length bytes
 * @param to what the first address is mapped to
 * @param pageShift log2 of the bytes that each of the leaves maps
 * @param permissions as in {@code RW-UG}
 */
public record MappedRange(long from, long length, long to, int pageShift, String permissions) {
  /** Whether {@code next} goes on where this ends. */
  boolean continuesWith(MappedRange next) {
    return from + length == next.from
        && to + length == next.to
        && pageShift == next.pageShift
        && permissions.equals(next.permissions);
  }

  MappedRange with(MappedRange next) {
    return new MappedRange(from, length + next.length, to, pageShift, permissions);
  }

  /** The last address. */
  public long last() {
    return from + length - 1;
  }
}
