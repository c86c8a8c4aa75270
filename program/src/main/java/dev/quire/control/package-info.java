/**
 * What can be asked of a running guest or host, and the ways to ask.
 *
 * <pre>
 *   ControlCommand     one command: name, Arguments, and a handler that gives a Reply: an Answer,
 *                      for reading and as JSON, or a Streamed one, part by part
 *   ControlCommands    those for every guest; those of a host are in package host
 *   ControlledGuest    a guest that runs on its own; it survives a restart
 *     ControlPrompt    Ctrl-] on the guest's terminal
 *   Controlled         what a server serves: such a guest (NamedGuest), or a host
 *     ControlServer    HTTP and JSON on loopback; RequestGate lets requests in
 *       PartLines      a stream to one client; WriteLimit cuts off who does not read
 *   ControlFolder      where a server leaves its ControlFile: port, token, names of guests
 *   ControlClient      reads that and asks: {@code quire walk VM GVA}
 * </pre>
 *
 * A request is {@code POST /vms/NAME/COMMAND} to a guest or {@code POST /host/COMMAND} to a host,
 * its body a JSON object of arguments. The answer is JSON, or text if only that is accepted; a
 * mistake is {@code {"error": "one sentence"}}. A stream is lines, in chunks: a JSON object each,
 * or empty ones every few seconds while there is nothing to say; its last line is an error if there
 * was one. {@code GET /metrics} is a host for Prometheus.
 *
 * <p>What the server promises: it listens on 127.0.0.1 alone. A request is served only with the
 * token, 256 random bits that are new for each server, compared in constant time; they stand in a
 * file of mode 0600 in a folder of mode 0700, and whoever can read that is the user. A page in the
 * user's browser gets no further: a Host that is not loopback's and any Origin are refused before
 * the token is looked at. Headers, bodies, connections, streams and time are bounded; a client that
 * is slow to ask or to read keeps nobody waiting and is cut off after ten seconds. What is wrong
 * with a request is said in a sentence, never by a stack trace. No address or file of the host can
 * be named in a request; commands run only in guests. Other users of the host can connect, learn
 * that a server is there, and take up connections.
 */
@NullMarked
package dev.quire.control;

import org.jspecify.annotations.NullMarked;
