package dev.quire.host;

import dev.quire.run.RawTerminal;
import dev.quire.run.Signals;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A host on a raw terminal: the numbers as a table, redrawn in place, with the last events below
 * it. A digit opens that guest's console, where all keys but Ctrl-] are the guest's.
 */
final class TerminalView implements HostView.Display {
  private static final byte CTRL_C = 3;
  private static final byte ESCAPE = 0x1d;
  private static final int MOST_KEYS = 9;
  private static final int EVENTS_KEPT = 50;
  private static final int TAIL_LINES = 30;
  private static final long CONSOLE_MILLIS = 100;

  /** Moves to the first line; erases the rest of a line, and of the screen. */
  private static final String HOME = "\033[H";

  private static final String ERASE_LINE = "\033[K";
  private static final String ERASE_BELOW = "\033[J";

  /** A shell's question where the cursor is, which must not be asked twice. */
  private static final String CURSOR_QUESTION = "\033[6n";

  private final InputStream in;
  private final PrintStream out;
  private final Supplier<List<HostedVm>> vms;
  private final HostEnding ending;
  private final ArrayDeque<HostEvent> events = new ArrayDeque<>();
  private final Runnable undoResize;
  private final Thread screen = Thread.ofPlatform().daemon().name("screen").unstarted(this::draw);

  /** What is shown next, null if all has been shown. */
  private HostView.@Nullable Frame frame;

  private HostView.@Nullable Frame shown;

  /** Whose console is open, or null for the table. */
  private @Nullable HostedVm opened;

  private boolean closed;
  private RawTerminal.Size size = RawTerminal.size();

  TerminalView(InputStream in, PrintStream out, Supplier<List<HostedVm>> vms, HostEnding ending) {
    this.in = in;
    this.out = out;
    this.vms = vms;
    this.ending = ending;
    undoResize = Signals.handle("WINCH", this::resize);
    screen.start();
    Thread.ofPlatform().daemon().name("keyboard").start(this::readKeys);
  }

  private void resize() {
    RawTerminal.Size now = RawTerminal.size();
    synchronized (this) {
      size = now;
      frame = frame == null ? shown : frame;
      notifyAll();
    }
  }

  @Override
  public synchronized void show(HostView.Frame next) {
    for (HostEvent event : next.events()) {
      if (events.size() == EVENTS_KEPT) {
        events.removeFirst();
      }
      events.addLast(event);
    }
    frame = next;
    notifyAll();
  }

  /** Leaves the table on the screen. */
  @Override
  public void close(HostView.Frame last) {
    undoResize.run();
    show(last);
    synchronized (this) {
      opened = null;
      closed = true;
      notifyAll();
    }
    try {
      screen.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- keys ----------------------------------------------------------------------------------

  private void readKeys() {
    byte[] bytes = new byte[1024];
    try {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        take(Arrays.copyOf(bytes, count));
      }
    } catch (IOException e) {
      // Nobody types any more.
    }
  }

  private void take(byte[] keys) {
    int start = 0;
    for (int i = 0; i < keys.length; i++) {
      HostedVm console = console();
      if (console == null) {
        command(keys[i]);
        start = i + 1;
      } else if (keys[i] == ESCAPE) {
        var _ = console.console().type(Arrays.copyOfRange(keys, start, i));
        open(null);
        start = i + 1;
      }
    }
    HostedVm console = console();
    if (console != null && start < keys.length) {
      var _ = console.console().type(Arrays.copyOfRange(keys, start, keys.length));
    }
  }

  private void command(byte key) {
    int number = key - '1';
    List<HostedVm> all = vms.get();
    if (number >= 0 && number < Math.min(all.size(), MOST_KEYS)) {
      open(all.get(number));
    } else if (key == CTRL_C) {
      ending.interrupt();
    } else if (key == 'q') {
      ending.end(0);
    }
  }

  private synchronized @Nullable HostedVm console() {
    return opened;
  }

  private synchronized void open(@Nullable HostedVm vm) {
    opened = vm;
    frame = frame == null ? shown : frame;
    notifyAll();
  }

  // ---- the screen's thread -------------------------------------------------------------------

  private void draw() {
    try {
      print(HOME + ERASE_BELOW);
      while (true) {
        HostedVm vm = waitForWork();
        if (vm != null) {
          follow(vm);
        } else {
          String text = nextText();
          if (text == null) {
            return;
          }
          print(text);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized @Nullable HostedVm waitForWork() throws InterruptedException {
    while (opened == null && frame == null && !closed) {
      wait();
    }
    return opened;
  }

  private void follow(HostedVm vm) throws InterruptedException {
    String keys = vm.name() + ": Ctrl-] leads back, all other keys are the guest's.\r\n";
    print(HOME + ERASE_BELOW + keys);
    HostedConsole.Reader reader = vm.console().follow();
    print(tail(reader.read(0)));
    while (vm.equals(console())) {
      byte[] bytes = reader.read(CONSOLE_MILLIS);
      out.write(bytes, 0, bytes.length);
      out.flush();
    }
    print("\033[0m" + HOME + ERASE_BELOW);
  }

  private static String tail(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8).replace(CURSOR_QUESTION, "");
    int start = text.length();
    for (int line = 0; line < TAIL_LINES && start > 0; line++) {
      start = text.lastIndexOf('\n', start - 1);
    }
    return text.substring(Math.max(0, start));
  }

  private void print(String text) {
    out.print(text);
    out.flush();
  }

  /** The whole table; null when nothing more will be shown. */
  private synchronized @Nullable String nextText() {
    HostView.Frame now = frame;
    if (now == null) {
      return null;
    }
    frame = null;
    shown = now;
    List<String> lines = new ArrayList<>(now.headline());
    lines.addAll(now.report().topText().lines().toList());
    lines.addAll(now.lines());
    lines.add(closed ? "" : keys());
    lines.addAll(lastEvents(size.lines() - lines.size() - 1));
    StringBuilder text = new StringBuilder(HOME);
    for (String line : lines.subList(0, Math.min(lines.size(), size.lines() - 1))) {
      text.append(line, 0, Math.min(line.length(), size.columns()))
          .append(ERASE_LINE)
          .append("\r\n");
    }
    return text.append(ERASE_BELOW).toString();
  }

  private String keys() {
    if (ending.asked()) {
      return "The guests are powering off. Ctrl-C cuts their power now.";
    }
    List<String> names = new ArrayList<>();
    List<HostedVm> all = vms.get();
    for (int i = 0; i < Math.min(all.size(), MOST_KEYS); i++) {
      names.add((i + 1) + " " + all.get(i).name());
    }
    return "Keys: " + String.join(", ", names) + " open that guest's console; q ends.";
  }

  /** As many lines of the latest events as there is room for. */
  private List<String> lastEvents(int room) {
    List<String> lines = new ArrayList<>();
    for (HostEvent event : events) {
      String time = String.format(Locale.ROOT, "%7.1f s  ", event.nanos() / 1e9);
      lines.addAll(wrap(time + event.text(), time.length()));
    }
    return lines.subList(Math.clamp(lines.size() - (long) room, 0, lines.size()), lines.size());
  }

  /** Breaks a text at blanks into lines that fit, those after the first indented. */
  private List<String> wrap(String text, int indent) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (rest.length() > size.columns() && size.columns() > 2 * indent) {
      int blank = rest.lastIndexOf(' ', size.columns());
      int end = blank > indent ? blank : size.columns();
      lines.add(rest.substring(0, end));
      rest = " ".repeat(indent) + rest.substring(end).strip();
    }
    lines.add(rest);
    return lines;
  }
}
