/**
 * Measurements of whole guests, as docs/numbers.md reports them; started by {@code bench/run}.
 * Nothing depends on this.
 *
 * <ul>
 *   <li>{@link dev.quire.bench.Bench}: the command line
 *   <li>{@link dev.quire.bench.WorkloadBench}: programs in a guest, under Quire and under QEMU
 *   <li>{@link dev.quire.bench.BootBench}: from power-on to /init, and the idle process's memory
 *   <li>{@link dev.quire.bench.EstimationBench}: estimates of the memory in use, beside the truth
 *   <li>{@link dev.quire.bench.ProxyBench}: an exclusive cache beside memory of the guest's own
 *   <li>{@link dev.quire.bench.QuireGuest}, {@link dev.quire.bench.QemuMachine}: the two guests
 *   <li>{@link dev.quire.bench.WatchedProcess}: a process whose console is read as it comes
 *   <li>{@link dev.quire.bench.Figures}: medians, and figures out of texts
 * </ul>
 */
@NullMarked
package dev.quire.bench;

import org.jspecify.annotations.NullMarked;
