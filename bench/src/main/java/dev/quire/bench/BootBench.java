package dev.quire.bench;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From the start of the process to the guest's /init, and the process's memory at the prompt. */
@Command(
    name = "boot",
    mixinStandardHelpOptions = true,
    description = "Boots guests: seconds from the start of the process to /init, idle memory.")
final class BootBench implements Callable<Integer> {
  private static final String INIT = "Run /init as init process";
  private static final String PROMPT = "quire:/";
  private static final String CONSOLE = "console=ttyS0";
  private static final String NO_TESTS = "cryptomgr.notests=1";
  private static final int FRAME = 4096;
  private static final long GUEST_MEMORY = 256L << 20;

  /** Until the guest's timers and the JIT compilers are quiet. */
  private static final long IDLE_MILLIS = 5000;

  @Option(
      names = "-n",
      paramLabel = "N",
      description = "How often each is done (default ${DEFAULT-VALUE}).")
  private int repetitions = 5;

  private final List<Double> residentMb = new ArrayList<>();
  private final List<Double> beyondFramesMb = new ArrayList<>();
  private final List<Double> peakMb = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    String launcher = System.getenv("QUIRE_LAUNCHER");
    if (launcher == null) {
      throw new UserError("Start this by bench/run.");
    }
    System.out.printf(Locale.ROOT, "power-on to /init, s; medians of %d%n", repetitions);
    System.out.printf(
        Locale.ROOT, "%-24s %8.2f%n", "Quire", times(arguments -> quire(launcher, arguments), ""));
    System.out.printf(
        Locale.ROOT,
        "%-24s %8.2f%n",
        "Quire, notests",
        times(arguments -> quire(launcher, arguments), NO_TESTS));
    if (QemuMachine.isInstalled()) {
      byte[] initramfs = Initramfs.build(image, Initramfs.Options.of(GUEST_MEMORY));
      try (QemuMachine qemu = new QemuMachine(image, initramfs)) {
        Function<String, WatchedProcess> start = more -> qemu.start((CONSOLE + " " + more).strip());
        System.out.printf(Locale.ROOT, "%-24s %8.2f%n", "QEMU", times(start, ""));
        System.out.printf(Locale.ROOT, "%-24s %8.2f%n", "QEMU, notests", times(start, NO_TESTS));
      }
    }
    for (int i = 0; i < repetitions; i++) {
      measureMemory(launcher);
    }
    System.out.printf(Locale.ROOT, "memory at the prompt, MB (10^6); medians of %d%n", repetitions);
    System.out.printf(Locale.ROOT, "%-24s %8.0f%n", "resident", Figures.median(residentMb));
    System.out.printf(
        Locale.ROOT, "%-24s %8.0f%n", "beyond frames in use", Figures.median(beyondFramesMb));
    System.out.printf(Locale.ROOT, "%-24s %8.0f%n", "peak", Figures.median(peakMb));
    return 0;
  }

  private static WatchedProcess quire(String launcher, String append) {
    return append.isEmpty()
        ? new WatchedProcess(launcher, "run", "--stats")
        : new WatchedProcess(launcher, "run", "--stats", "--append", append);
  }

  private double times(Function<String, WatchedProcess> start, String append) {
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < repetitions; i++) {
      try (WatchedProcess process = start.apply(append)) {
        seconds.add(process.secondsUntil(INIT));
      }
    }
    return Figures.median(seconds);
  }

  /** The frames are counted at power-off, which takes a few more of them than idling did. */
  private void measureMemory(String launcher) throws InterruptedException {
    try (WatchedProcess process = quire(launcher, NO_TESTS)) {
      var _ = process.secondsUntil(INIT);
      var _ = process.secondsUntil(PROMPT);
      Thread.sleep(IDLE_MILLIS);
      String status = process.status();
      process.type("poweroff -f\n");
      String statistics = process.outputAtEnd();
      long resident = require(Figures.statusBytes(status, "VmRSS"), statistics);
      long frames = require(Figures.framesUsed(statistics), statistics) * FRAME;
      residentMb.add(resident / 1e6);
      beyondFramesMb.add((resident - frames) / 1e6);
      peakMb.add(require(Figures.statusBytes(status, "VmHWM"), statistics) / 1e6);
    }
  }

  private static long require(OptionalLong figure, String output) {
    return figure.orElseThrow(() -> new UserError("A figure is missing:\n" + output));
  }
}
