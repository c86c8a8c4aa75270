package dev.quire.host;

import dev.quire.run.RawTerminal;
import java.util.List;

/**
 * Shows a running host to whoever started it, each second of the machine's time: on a terminal as a
 * table that is redrawn, from which keys lead to the guests' consoles ({@link TerminalView});
 * elsewhere in lines ({@link LinesView}), which repeat if the host's run does.
 */
public final class HostView implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000_000;

  /** What is shown beside the host's numbers; asked on the thread of the machine's clock. */
  public interface Words {
    /** No more than the numbers. */
    Words NONE = new Words() {};

    /** Lines above the numbers; in lines only once, at first. */
    default List<String> headline() {
      return List.of();
    }

    /** Lines below the numbers. */
    default List<String> lines() {
      return List.of();
    }
  }

  /**
   * What is to be shown at one moment.
   *
   * @param events those since the frame before
   */
  record Frame(
      HostReport report, List<HostEvent> events, List<String> headline, List<String> lines) {}

  /** A way of showing. Waits for nobody who does not read. */
  interface Display {
    /** On the thread of the machine's clock. */
    void show(Frame frame);

    /** The last, when the host has ended. */
    void close(Frame last);
  }

  private final HostSession session;
  private final Words words;
  private final RawTerminal terminal;
  private final Display display;
  private long eventsSeen;

  /** Shows {@code session} from now on; before it runs. */
  public HostView(HostSession session, HostEnding ending, Words words) {
    this.session = session;
    this.words = words;
    terminal = RawTerminal.ofStandardInput(RawTerminal.isTerminal(1));
    display =
        terminal.isRaw()
            ? new TerminalView(System.in, System.out, session::vms, ending)
            : new LinesView(System.out);
    scheduleNext();
  }

  private void scheduleNext() {
    long now = session.clock().now();
    session.clock().schedule(PERIOD_NANOS - now % PERIOD_NANOS, this::show);
  }

  private void show() {
    display.show(frame());
    scheduleNext();
  }

  private Frame frame() {
    List<HostEvent> events = session.events().since(eventsSeen);
    eventsSeen = events.isEmpty() ? eventsSeen : events.getLast().number();
    return new Frame(HostReport.of(session), events, words.headline(), words.lines());
  }

  /** Shows the end of a session that does not run any more, and gives the terminal back. */
  @Override
  public void close() {
    display.close(frame());
    terminal.close();
  }
}
