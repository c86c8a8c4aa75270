/**
 * How much memory a VM uses: the truth, and what estimators see of it. All of them follow a {@link
 * dev.quire.monitor.trace.FrameStream}, of a running VM or of a recorded trace.
 *
 * <pre>
 *   Estimator              follows a stream
 *     CurveEstimator         how often each size of memory would miss: a MissCurve
 *       Mattson                the truth: every stack distance
 *       Shards                 the stack distances of a sample of frames
 *     WorkingSetEstimator    frames in use in each period: a WorkingSet
 *       ExactWorkingSet        the truth: when each frame was last referenced
 *       SampledWorkingSet      which frames of a sample were touched
 *       AccessedBits           which of every eighth frame were
 *       MaximumOfAverages      of another estimator's periods, what a policy acts on
 *
 *   Wilson, MovingAverages   what a sample says, and what to make of several
 *   LowerStack               how many frames are above one in the LRU stack; on a Fenwick tree
 *   KeyStack                 the same for numbers of any size, for MissTrace of the proxy memory
 *   SampleHash, LongIds      which frames are in a sample, and their numbers in it
 *   LongHeap                 the one to drop first
 * </pre>
 */
@NullMarked
package dev.quire.monitor.estimate;

import org.jspecify.annotations.NullMarked;
