/**
 * How much of its memory a running VM uses, seen from outside: its pages are sampled, period after
 * period of its own time.
 *
 * <pre>
 *   Sampler           one for each VM that is virtualized; driven by the VM's clock
 *     GuestMemory       takes pages chosen at random out of reach, and sees which are touched
 *     AccessHarvest     the accessed bits of an eighth of the pages, for comparison
 *     ExactWorkingSet   the truth, while the VM's references are traced
 *   Estimate          what a period has found: the sample, its interval, the averages
 *   SampleCounters    what sampling did, and the time that it took
 * </pre>
 *
 * <p>What a sample means is computed in {@code estimate}; how touches are seen, in {@code memory}.
 */
@NullMarked
package dev.quire.monitor.sampling;

import org.jspecify.annotations.NullMarked;
