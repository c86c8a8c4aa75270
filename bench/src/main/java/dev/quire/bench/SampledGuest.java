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
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A guest under the instruction clock, in which {@code toucher} works: it is sampled in periods
 * counted in instructions, and the truth about the same periods is traced. So all of it repeats.
 */
final class SampledGuest {
  static final long MEMORY = 512L << 20;

  /** What the program prints once it has touched all its memory, before its first step. */
  private static final String FILLED = "filled";

  /** How often what the sampler remembers is fetched, in periods; it remembers more. */
  private static final int FETCHED = 16;

  /**
   * How it is sampled.
   *
   * @param warmUp periods before those that count, in which the averages settle and nothing is
   *     traced
   * @param periods that count
   */
  record Plan(PagingChoice paging, Sampler.Settings settings, int warmUp, int periods) {
    /** Guest time that is surely enough: a period ends a few thousand instructions late. */
    long millis() {
      long most = (long) warmUp + periods + periods / 16 + 3;
      return TimeUnit.NANOSECONDS.toMillis(most * settings.periodNanos());
    }
  }

  /**
   * What came of it.
   *
   * @param estimates of the periods that count
   * @param output of the program
   */
  record Outcome(List<Estimate> estimates, String output) {}

  private final Plan plan;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final List<Estimate> estimates = new ArrayList<>();
  private @Nullable VirtualMachine vm;
  private boolean begun;
  private long seen;

  private SampledGuest(Plan plan) {
    this.plan = plan;
  }

  /** Boots the guest and runs {@code toucher} with these arguments in it, to its end. */
  static Outcome run(Plan plan, String arguments) throws IOException {
    SampledGuest guest = new SampledGuest(plan);
    GuestConsole console = GuestConsole.kept(false);
    VmConfig config = config().paging(plan.paging).build();
    try (GuestRun run = new GuestRun(config, console, "toucher " + arguments, guest::print)) {
      guest.vm = run.vm();
      int status = run.exec();
      if (status != 0 || guest.estimates.size() < plan.periods) {
        throw new UserError("toucher ended with status " + status + ": " + guest.text());
      }
    }
    return new Outcome(guest.estimates.subList(0, plan.periods), guest.text());
  }

  /** So many per cent of the guest's memory. */
  static long mib(int percent) {
    return Math.round((MEMORY >> 20) * percent / 100.0);
  }

  /** The guest, with Quire's programs, under the instruction clock. */
  static VmConfig.Builder config() throws IOException {
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    Initramfs.Options options = Initramfs.Options.of(MEMORY).withFiles(GuestPrograms.files());
    return new VmConfig.Builder(new GuestFile("kernel", Files.readAllBytes(image.kernel())))
        .initrd(new GuestFile("initramfs", Initramfs.build(image, options)))
        .memory(MEMORY)
        .append("console=ttyS0 panic=-1 cryptomgr.notests=1");
  }

  private String text() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private void print(byte[] bytes, int offset, int length) {
    output.write(bytes, offset, length);
    if (!begun && text().contains(FILLED)) {
      begun = true;
      vm().clock().stopSoon(this::begin);
    }
  }

  private void begin() {
    sampler().set(plan.settings);
    seen = sampler().counters(0).periods();
    after(plan.warmUp, () -> sampler().trace(true));
    after(plan.warmUp, this::fetch);
  }

  private void after(int periods, Runnable action) {
    vm().clock()
        .scheduleAside(periods * plan.settings.periodNanos(), () -> vm().clock().stopSoon(action));
  }

  /** Takes over the periods that ended since the last time, until there are enough. */
  private void fetch() {
    for (Estimate estimate : sampler().since(seen)) {
      seen = estimate.number();
      if (estimate.truth() != Estimate.UNKNOWN) {
        estimates.add(estimate);
      }
    }
    int missing = plan.periods - estimates.size();
    if (missing > 0) {
      after(Math.min(missing, FETCHED), this::fetch);
    } else {
      sampler().trace(false);
    }
  }

  private VirtualMachine vm() {
    return Objects.requireNonNull(vm);
  }

  private Sampler sampler() {
    return Objects.requireNonNull(vm().sampler());
  }
}
