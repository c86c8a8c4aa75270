package dev.quire.agent;

import dev.quire.machine.board.UserError;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Writes requests to the agent and takes its answers apart. Does no I/O: the caller moves the
 * bytes, in pieces of any size. One command at a time; not thread-safe.
 */
public final class AgentProtocol {
  /** The name of the console port that the agent looks for. */
  public static final String PORT_NAME = "org.quire.agent.0";

  /** The guest's kernel takes at most 128 KiB as one argument of a program. */
  private static final int MAX_COMMAND_BYTES = 120 << 10;

  /** A guest that writes a longer status line is not waited for. */
  private static final int MAX_STATUS_BYTES = 16;

  /** More than is ever held back, or than a seed or a closing line has. */
  private static final int MAX_STATE_BYTES = 4096;

  private static final byte[] GREETING = ascii("quire-agent 1\n");
  private static final String CLOSING = "\nquire-exit ";

  /** What the agent says. */
  public sealed interface Event {
    /** It takes commands from now on. */
    record Ready() implements Event {}

    /** Standard output and standard error of a command, in the order in which they were written. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Output(byte[] bytes) implements Event {}

    /** The command has ended; 128 + n if by signal n. */
    record Exit(int status) implements Event {}
  }

  private final String seed;
  private int commands;
  private boolean ready;

  /** What ends the running command's output; empty while none runs. */
  private byte[] closing = new byte[0];

  /** Bytes received but not yet attributed. */
  private byte[] pending = new byte[0];

  /**
   * @param seed makes the tokens; the same seed makes the same ones, so that runs can be repeated
   */
  public AgentProtocol(String seed) {
    this.seed = seed;
  }

  /** The conversation that {@link #save} wrote; for a copy of the guest. */
  public AgentProtocol(StateReader from) {
    seed = new String(from.getCounted("a seed", MAX_STATE_BYTES), StandardCharsets.UTF_8);
    commands = from.getInt();
    ready = from.getBoolean();
    closing = from.getCounted("a closing line", MAX_STATE_BYTES);
    pending = from.getCounted("what is held back", MAX_STATE_BYTES);
  }

  /**
   * Writes where the conversation is.
   *
   * @param sent whether the guest has got the last request; if not, it was never made
   */
  public void save(StateWriter to, boolean sent) {
    to.putCounted(seed.getBytes(StandardCharsets.UTF_8));
    to.putInt(commands);
    to.putBoolean(ready);
    to.putCounted(sent ? closing : new byte[0]);
    to.putCounted(pending);
  }

  /** Whether the agent takes commands. */
  public boolean ready() {
    return ready;
  }

  /** Whether a command runs. */
  public boolean awaitsExit() {
    return closing.length > 0;
  }

  /**
   * The request to run a command with {@code sh -c}.
   *
   * @throws UserError if the command is too long or holds a zero byte
   * @throws IllegalStateException if a command is running
   */
  public byte[] exec(String command) {
    if (awaitsExit()) {
      throw new IllegalStateException("a command is running");
    }
    byte[] text = checked(command);
    String token = token(command);
    closing = ascii(CLOSING + token + " ");
    return ascii("EXEC " + token + " " + Base64.getEncoder().encodeToString(text) + "\n");
  }

  /**
   * Checks a command before its time to be sent has come.
   *
   * @throws UserError as {@link #exec}
   */
  public static void check(String command) {
    var _ = checked(command);
  }

  private static byte[] checked(String command) {
    byte[] text = command.getBytes(StandardCharsets.UTF_8);
    if (text.length > MAX_COMMAND_BYTES || command.indexOf('\0') >= 0) {
      throw UserError.of(
          "The command for the guest has %d bytes; it may have %d and no zero byte: put it into a"
              + " file that the guest sees, as by --share.",
          text.length, MAX_COMMAND_BYTES);
    }
    return text;
  }

  /** The request to end the guest in an orderly way; has no answer. */
  public static byte[] powerOff() {
    return ascii("POWEROFF\n");
  }

  private String token(String command) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash =
          digest.digest(
              (seed + "\0" + ++commands + "\0" + command).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Takes bytes from the port.
   *
   * @return what they say; output that may be the start of the closing line is held back until more
   *     bytes tell
   */
  public List<Event> feed(byte[] bytes, int offset, int length) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream(pending.length + length);
    joined.writeBytes(pending);
    joined.write(bytes, offset, length);
    pending = joined.toByteArray();
    List<Event> events = new ArrayList<>();
    if (!ready) {
      takeGreeting(events);
    }
    if (ready) {
      takeOutput(events);
    }
    return events;
  }

  /** Whatever precedes the greeting is no answer and is dropped. */
  private void takeGreeting(List<Event> events) {
    int at = indexOf(pending, GREETING);
    if (at >= 0) {
      ready = true;
      events.add(new Event.Ready());
      drop(at + GREETING.length);
    } else {
      drop(pending.length - heldBack(pending, GREETING));
    }
  }

  private void takeOutput(List<Event> events) {
    int at = closing.length == 0 ? -1 : indexOf(pending, closing);
    if (at < 0) {
      emit(pending.length - (closing.length == 0 ? 0 : heldBack(pending, closing)), events);
      return;
    }
    emit(at, events);
    int end = closing.length;
    while (end < pending.length && pending[end] != '\n') {
      end++;
    }
    if (end < pending.length || end - closing.length > MAX_STATUS_BYTES) {
      String status =
          new String(pending, closing.length, end - closing.length, StandardCharsets.US_ASCII);
      events.add(new Event.Exit(status.matches("\\d{1,3}") ? Integer.parseInt(status) : 255));
      closing = new byte[0];
      drop(Math.min(end + 1, pending.length));
      emit(pending.length, events);
    }
  }

  private void emit(int count, List<Event> events) {
    if (count > 0) {
      byte[] output = new byte[count];
      System.arraycopy(pending, 0, output, 0, count);
      events.add(new Event.Output(output));
      drop(count);
    }
  }

  private void drop(int count) {
    byte[] rest = new byte[pending.length - count];
    System.arraycopy(pending, count, rest, 0, rest.length);
    pending = rest;
  }

  private static int indexOf(byte[] text, byte[] pattern) {
    for (int at = 0; at + pattern.length <= text.length; at++) {
      if (startsAt(text, at, pattern, pattern.length)) {
        return at;
      }
    }
    return -1;
  }

  /** The length of the longest end of the text that is a beginning of the pattern. */
  private static int heldBack(byte[] text, byte[] pattern) {
    for (int n = Math.min(text.length, pattern.length - 1); n > 0; n--) {
      if (startsAt(text, text.length - n, pattern, n)) {
        return n;
      }
    }
    return 0;
  }

  private static boolean startsAt(byte[] text, int at, byte[] pattern, int length) {
    for (int i = 0; i < length; i++) {
      if (text[at + i] != pattern[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
