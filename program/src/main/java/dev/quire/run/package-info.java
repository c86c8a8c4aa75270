/**
 * A guest from power-on to its end, as a user sees it.
 *
 * <pre>
 *   GuestRun        the virtual machine with everything below attached to it
 *     GuestConsole  what the guest prints: to the terminal, or kept for a report
 *     GuestInput    what is typed, from the host's input to the serial port at instants of guest time
 *     Keyboard      the host's input: keys, and Ctrl-] for Quire's own prompt
 *     RawTerminal   the user's terminal, raw while a guest has it
 *     AgentLink     the command of --exec
 *       AgentChannel  commands for the agent in the guest, one after the other
 *       PrintedText   what one of them prints
 *   MemoryTrace     follows a guest's references into the file of a TraceChoice
 *   Counters        what a VM has counted so far
 *   Report          counters at the end, as text or as JSON
 * </pre>
 *
 * Under the instruction clock nothing here depends on the host's time: requests to the agent and
 * the deadlines are scheduled in guest time.
 */
@NullMarked
package dev.quire.run;

import org.jspecify.annotations.NullMarked;
