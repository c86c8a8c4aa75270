package dev.quire.host;

import dev.quire.host.HostReport.Vm;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A host in lines: one a second with the numbers, and one for each event. */
final class LinesView implements HostView.Display {
  private static final String LEGEND =
      "time, state, MiB free, and saved by sharing | guest held/target, b balloon, s swapped, in"
          + " MiB | ...\n";

  private static final String END = "";
  private static final long LAST_SECONDS = 10;
  private static final double NANOS = 1e9;

  private final PrintStream out;
  private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
  private final Thread writer = Thread.ofPlatform().daemon().name("lines").unstarted(this::write);
  private boolean begun;

  LinesView(PrintStream out) {
    this.out = out;
    writer.start();
  }

  private void write() {
    try {
      for (String text = texts.take(); !text.equals(END); text = texts.take()) {
        out.print(text);
        out.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void show(HostView.Frame frame) {
    StringBuilder text = new StringBuilder();
    if (!begun) {
      begun = true;
      frame.headline().forEach(line -> text.append(line).append('\n'));
      text.append(LEGEND);
    }
    for (HostEvent event : frame.events()) {
      text.append(time(event.nanos())).append("  ").append(event.text()).append('\n');
    }
    text.append(numbers(frame.report()));
    frame.lines().forEach(line -> text.append(line).append('\n'));
    texts.add(text.toString());
  }

  private static String time(long nanos) {
    return String.format(Locale.ROOT, "%7.1f s", nanos / NANOS);
  }

  private static String numbers(HostReport report) {
    StringBuilder text = new StringBuilder(time(report.nanos()));
    String state = report.machine().state().name().toLowerCase(Locale.ROOT);
    text.append("  %-4s free %3d".formatted(state, report.machine().free() >> 20));
    if (report.machine().saved() > 0) {
      text.append(" saved ").append(report.machine().saved() >> 20);
    }
    for (Vm vm : report.vms()) {
      text.append(" | ").append(vm.name());
      if (vm.state() != VmState.RUNNING) {
        text.append(' ').append(vm.state().word());
      }
      if (vm.state().exists()) {
        text.append(
            " %d/%d b%d s%d"
                .formatted(
                    vm.memory().held() >> 20,
                    vm.memory().target() >> 20,
                    vm.memory().ballooned() >> 20,
                    vm.memory().swapped() >> 20));
      }
    }
    return text.append('\n').toString();
  }

  /** Whoever does not read for a while after the end misses the last lines. */
  @Override
  public void close(HostView.Frame last) {
    show(last);
    texts.add(END);
    try {
      var _ = writer.join(Duration.ofSeconds(LAST_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
