/**
 * {@code quire analyze}: estimators of how much memory a VM uses, judged on a recorded trace.
 *
 * <pre>
 *   Estimators       THE list of all that are judged: a new one is a class there, and a line here
 *
 *   Analysis           reads the trace, once; TraceReader              monitor/trace
 *     LruFilter          for curves, to the filter that is asked for
 *     Periods            for working sets, cut into periods
 *       Turns, Timed       each estimator has its turn, and its time is taken
 *     CurveJudgement     a miss-ratio curve against the exact one
 *     PeriodJudgement    working sets against the exact ones, period by period
 *       TimeSeries         what is drawn of them, of bounded size
 *   AnalysisText, AnalysisFormats   as text, JSON, CSV and SVG
 * </pre>
 *
 * <p>The first curve estimator of the list and the first working-set estimator are the truth. The
 * memory that all this takes depends on the VM's size, not on the trace's length.
 */
@NullMarked
package dev.quire.analyze;

import org.jspecify.annotations.NullMarked;
