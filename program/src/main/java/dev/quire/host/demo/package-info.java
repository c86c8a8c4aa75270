/**
 * What guests of a host do together, and what came of it: the demonstration of {@code quire up},
 * and comparisons of policies on the instruction clock.
 *
 * <pre>
 *   Scenario          what the guests do, in rounds: Steps, each a sentence and Tasks (commands)
 *   Play              plays it on a HostSession; Part: one guest in it, asked by its agent
 *     Played            what came of it: the Work of the programs, the memory that Moved
 *   Demonstration     host, disk and scenario of quire up without a file
 *     DemoWords         what its view shows above the numbers; DemoReport: what it says at the end
 *   Rehearsal         a Play on the instruction clock, which repeats
 *     Counterfactual    one scenario under static and under idle-tax: what the guests get done
 *     DemandTime        how long a guest waits for memory that another does not use
 * </pre>
 *
 * The host files are resources ({@code BuiltIn}). All content of memory is written, and verified,
 * by our own program {@code pattern}, whose source is in {@code src/main/guest}.
 */
@NullMarked
package dev.quire.host.demo;

import org.jspecify.annotations.NullMarked;
