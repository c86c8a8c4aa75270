/**
 * What can be asked of a running guest, and the three ways to ask.
 *
 * <pre>
 *   ControlCommands    the registry: each ControlCommand has a name, Arguments and a handler, which
 *                      gives an Answer, for reading and as JSON
 *   ControlledGuest    the guest that is asked; it survives a restart
 *     ControlPrompt    Ctrl-] on the guest's terminal
 *     ControlServer    HTTP and JSON on loopback; RequestGate lets requests in
 *   ControlFolder      where a server leaves its ControlFile: port, token
 *   ControlClient      reads that and asks: {@code quire walk VM GVA}
 * </pre>
 *
 * A request is {@code POST /vms/NAME/COMMAND}, its body a JSON object of arguments. The answer is
 * JSON, or text if only that is accepted; a mistake is {@code {"error": "one sentence"}}.
 *
 * <p>What the server promises: it listens on 127.0.0.1 alone. A request is served only with the
 * token, 256 random bits that are new for each server, compared in constant time; they stand in a
 * file of mode 0600 in a folder of mode 0700, and whoever can read that is the user. A page in the
 * user's browser gets no further: a Host that is not loopback's and any Origin are refused before
 * the token is looked at. Headers, bodies, time and threads are bounded, and what is wrong with a
 * request is said in a sentence, never by a stack trace. No address, command or file of the host
 * can be named in a request. Other users of the host can connect, and learn that a server is there.
 */
@NullMarked
package dev.quire.control;

import org.jspecify.annotations.NullMarked;
