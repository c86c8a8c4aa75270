package dev.quire.bench;

import dev.quire.host.GuestPrograms;
import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A guest under the instruction clock that does a {@link ProxyWorkload}, of whose memory a balloon
 * takes a part, with or without an exclusive cache in its place. All of it repeats, but for the
 * host's times.
 */
final class ProxyGuest {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The command's output says when something is to be done, or noted. */
  private static final Pattern MARK = Pattern.compile("(?m)^\\[(\\w+)]$");

  private static final ProxyCounters NONE =
      new ProxyCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * How it is to be.
   *
   * @param taken pages that the balloon takes
   * @param cached whether they become a cache: else they are nobody's
   * @param diskNanos guest time that a request to the disk itself takes in addition
   */
  record Plan(ProxyWorkload workload, int taken, boolean cached, long diskNanos) {}

  /**
   * What came of the work that counts.
   *
   * @param diskReads pages that were read from the disk
   * @param counters of proxy memory, zeros without
   * @param curve that was predicted; null without proxy memory
   * @param proxyNanos of the host's time inside proxy memory, exits included
   * @param cpuNanos of the host's thread
   * @param guestNanos the guest's time
   * @param output of the command
   */
  record Outcome(
      long diskReads,
      ProxyCounters counters,
      @Nullable MissCurve curve,
      long proxyNanos,
      long cpuNanos,
      long guestNanos,
      String output) {
    /** What the output says of the guest's page reclaim, as in its file lru_gen/enabled. */
    String lruGen() {
      Matcher line = Pattern.compile("lru_gen (\\S+)").matcher(output);
      return line.find() ? line.group(1) : "-";
    }
  }

  /** What was counted when a mark was seen. */
  private record Sight(
      long diskReads, ProxyCounters counters, long watchedNanos, long cpuNanos, long guestNanos) {}

  private final Plan plan;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final Map<String, Sight> sights = new HashMap<>();
  private @Nullable VirtualMachine vm;
  private @Nullable MissCurve curve;

  private ProxyGuest(Plan plan) {
    this.plan = plan;
  }

  /** Boots the guest, has it do the work, and ends it. */
  static Outcome run(Plan plan) throws IOException {
    ProxyGuest guest = new ProxyGuest(plan);
    GuestConsole console = GuestConsole.kept(false);
    try (GuestRun run =
        new GuestRun(guest.config(), console, command(plan.workload), guest::print)) {
      guest.vm = run.vm();
      int status = run.exec();
      if (status != 0) {
        throw new UserError("The command ended with status " + status + ": " + guest.text());
      }
      guest.checkBalloon();
    }
    return guest.outcome();
  }

  private static String command(ProxyWorkload workload) {
    return """
    at() { echo "[$1]"; sleep $2; }
    work() {
    %2$s
    }
    set -e
    echo lru_gen $(cat /sys/kernel/mm/lru_gen/enabled)
    at balloon 5
    %1$s
    work %3$s
    at begin 0
    work %4$s
    at end 0
    """
        .formatted(workload.prepare(), workload.work(), workload.before(), workload.counted());
  }

  private VmConfig config() throws IOException {
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    long memory = plan.workload.bytes();
    long own = memory - plan.taken * ProxyWorkload.PAGE;
    Initramfs.Options options =
        Initramfs.Options.of(memory).withDisks(true).withFiles(GuestPrograms.files());
    return new VmConfig.Builder(new GuestFile("kernel", Files.readAllBytes(image.kernel())))
        .initrd(new GuestFile("initramfs", Initramfs.build(image, options)))
        .memory(memory)
        .balloon(true)
        .proxy(plan.cached ? new ProxyMemory.Settings(own, false, false) : null)
        .disks(List.of(plan.workload.open()))
        .diskNanos(plan.diskNanos)
        .append("console=ttyS0 panic=-1 cryptomgr.notests=1" + plan.workload.append())
        .build();
  }

  private String text() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private void print(byte[] bytes, int offset, int length) {
    output.write(bytes, offset, length);
    Matcher marks = MARK.matcher(text());
    while (marks.find()) {
      String name = marks.group(1);
      if (!sights.containsKey(name)) {
        sights.put(name, now());
        act(name);
      }
    }
  }

  private Sight now() {
    ProxyMemory proxy = vm().proxy();
    return new Sight(
        vm().diskPagesRead(),
        proxy == null ? NONE : proxy.counters(),
        vm().exits().watchedNanos(),
        THREADS.getCurrentThreadCpuTime(),
        vm().clock().now());
  }

  private void act(String mark) {
    ProxyMemory proxy = vm().proxy();
    if (mark.equals("balloon") && proxy == null) {
      Objects.requireNonNull(vm().balloon()).target(plan.taken);
    } else if (proxy != null) {
      synchronized (vm().memory()) {
        curve = proxy.trace().curve((int) (proxy.own() / ProxyWorkload.PAGE));
        proxy.reset(vm().clock().now());
      }
    }
  }

  private void checkBalloon() {
    int taken = vm().memory().counts().ballooned();
    if (taken != plan.taken) {
      throw UserError.of("The balloon took %d pages, not %d.", taken, plan.taken);
    }
  }

  private Outcome outcome() {
    Sight begin = Objects.requireNonNull(sights.get("begin"));
    Sight end = Objects.requireNonNull(sights.get("end"));
    ProxyCounters counters = end.counters.since(begin.counters);
    return new Outcome(
        end.diskReads - begin.diskReads,
        counters,
        curve,
        counters.nanos() + end.watchedNanos - begin.watchedNanos,
        end.cpuNanos - begin.cpuNanos,
        end.guestNanos - begin.guestNanos,
        text());
  }

  private VirtualMachine vm() {
    return Objects.requireNonNull(vm);
  }
}
