/**
 * Explanations of a VM's memory for people: one translation reference by reference, and whole
 * tables as ranges. Everything here only reads, between two instructions of the guest; the guest's
 * own tables are read through {@link dev.quire.monitor.memory.GuestMemory}, so as the guest sees
 * them.
 *
 * <pre>
 *   MemoryExplainer   the entry: walk(cpu, gva), tables(cpu, limit)
 *   MmuWalk           the MMU's walk written down for reading; tested against the machine's own
 *    WalkExplanation  its References and how it ended (Outcome); WalkText prints it
 *   TableScan         every leaf of a table, as merged MappedRanges
 *    TableReport      the scans of all of a VM's tables; TableText prints it
 * </pre>
 *
 * <p>Nothing in the monitor depends on this package.
 */
@NullMarked
package dev.quire.monitor.explain;

import org.jspecify.annotations.NullMarked;
