package dev.quire.monitor.explain;

import java.util.Set;

/**
 * One read of a page-table entry.
 *
 * @param number from 1, in the order of the reads
 * @param table whose entry it is
 * @param level 0 for an entry that maps 4 KiB
 * @param index of the entry in its table, 0 to 511; to 2047 in the G stage's root
 * @param hpa where the entry is; -1 if the guest's page has no frame
 * @param gpa the same as a guest-physical address where the table is the guest's, else -1
 * @param entry the 8 bytes
 * @param from the address under translation
 * @param fromKind what {@code from} is
 * @param to what the entry gives: the next table, or for a leaf the address looked for; -1 if the
 *     walk ends here in a fault
 * @param toKind what {@code to} is
 * @param leaf whether the walk of this table ends here with an address
 * @param savedBy the caches that would have saved this read, had they held what it leads to
 */
public record Reference(
    int number,
    TableRole table,
    int level,
    int index,
    long hpa,
    long gpa,
    long entry,
    long from,
    AddressKind fromKind,
    long to,
    AddressKind toKind,
    boolean leaf,
    Set<Cache> savedBy) {
  /** Without an address. */
  static final long NONE = -1;

  /** The same reference, of whose table more is known. */
  Reference of(TableRole role, long itsGpa) {
    return new Reference(
        number, role, level, index, hpa, itsGpa, entry, from, fromKind, to, toKind, leaf, savedBy);
  }
}
