/**
 * Line charts as SVG, for documents and reports.
 *
 * <pre>
 *   SvgChart   lines, staircases and bands between two axes, with a legend
 *     Axis       a label, a range, ticks at round numbers
 *     Unit       how numbers are written: bytes, seconds, parts of one, counts
 * </pre>
 */
@NullMarked
package dev.quire.chart;

import org.jspecify.annotations.NullMarked;
