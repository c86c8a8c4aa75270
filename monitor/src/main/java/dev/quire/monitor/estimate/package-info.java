/**
 * How much memory a VM uses: the truth, and what estimators see of it. All of them follow a {@link
 * dev.quire.monitor.trace.FrameStream}, of a running VM or of a recorded trace.
 *
 * <pre>
 *   Estimator               follows a stream
 *     WorkingSetEstimator     frames in use in each period, a WorkingSet
 *       ExactWorkingSet         the truth: when each frame was last referenced
 *
 *   Wilson, MovingAverages  what a sample says, and what to make of several
 * </pre>
 */
@NullMarked
package dev.quire.monitor.estimate;

import org.jspecify.annotations.NullMarked;
