/**
 * The same guest under every way of virtualizing memory: what {@code quire compare} runs and shows.
 *
 * <pre>
 *   Workload          what runs in the guest: Quire's own programs, boot, sqlite
 *   Setup             how its memory is virtualized, and on which MMU
 *   GuestOfWorkload   one guest from power-on to the workload's end  -> Outcome
 *   Comparison        the outcomes of one workload, by a CostModel   -> ComparisonText, -Json
 *   FirstDifference   where two guests that should do the same part    -> Difference
 * </pre>
 *
 * All runs are on the instruction clock with one vCPU and the same seed, so that every guest must
 * complete the same instructions and print the same bytes; where one does not, that is said.
 */
@NullMarked
package dev.quire.compare;

import org.jspecify.annotations.NullMarked;
