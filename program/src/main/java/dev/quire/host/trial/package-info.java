/**
 * One host under several policies, so that they can be compared: {@code quire compare-policies}.
 *
 * <pre>
 *   PolicyTrials     which hosts can be compared; a trial for each policy, one after the other
 *     Trial            one run of the host on the instruction clock, for a given time
 *     TrialCommand     a command of the host's file, such that it tells whether it has ended
 *     Outcome          what came of it, for each guest and in all
 *   TrialText        the outcomes side by side, and which is best
 * </pre>
 */
@NullMarked
package dev.quire.host.trial;

import org.jspecify.annotations.NullMarked;
