package dev.quire.bench;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VmConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs programs in a guest of Quire's and then in one of QEMU's, and prints a table. */
@Command(
    name = "workloads",
    mixinStandardHelpOptions = true,
    description = "Runs programs in a guest, under Quire and under QEMU where it is installed.")
final class WorkloadBench implements Callable<Integer> {
  private static final long MEMORY = 256L << 20;
  private static final String COMMAND_LINE = "console=ttyS0 cryptomgr.notests=1";

  @Parameters(
      index = "0",
      paramLabel = "DIR",
      description = "A folder of static RISC-V programs that print 'time=SECONDS s'.")
  private Path folder = Path.of("");

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "A program of the folder, with arguments: 'b_chase 64'.")
  private List<String> commands = new ArrayList<>();

  @Option(
      names = "-n",
      paramLabel = "N",
      description = "How often each command runs (default ${DEFAULT-VALUE}).")
  private int repetitions = 5;

  @Override
  public Integer call() throws IOException {
    if (repetitions < 1) {
      throw new UserError("-n " + repetitions + " is not possible: 1 or more is.");
    }
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    Initramfs.Options options = Initramfs.Options.of(MEMORY).withShare(folder);
    Map<String, List<QuireGuest.Cost>> costs = underQuire(image, options);
    Map<String, List<Double>> qemu =
        QemuMachine.isInstalled() ? underQemu(image, options) : Map.of();
    System.out.printf(
        Locale.ROOT,
        "%-20s %14s %8s %6s %8s %10s %10s %6s%n",
        "medians of " + repetitions,
        "instructions",
        "CPU s",
        "MIPS",
        "wall s",
        "own s",
        "QEMU own s",
        "ratio");
    commands.forEach(
        command ->
            System.out.println(
                row(
                    command,
                    costs.getOrDefault(command, List.of()),
                    qemu.getOrDefault(command, List.of()))));
    return 0;
  }

  private Map<String, List<QuireGuest.Cost>> underQuire(GuestImage image, Initramfs.Options options)
      throws IOException {
    VmConfig config =
        new VmConfig.Builder(new GuestFile("Debian's kernel", Files.readAllBytes(image.kernel())))
            .initrd(new GuestFile("the initramfs", Initramfs.build(image, options)))
            .memory(MEMORY)
            .append(COMMAND_LINE)
            .countsInstructions(false)
            .build();
    Map<String, List<QuireGuest.Cost>> costs = new LinkedHashMap<>();
    try (QuireGuest guest = new QuireGuest(config)) {
      for (String command : commands) {
        List<QuireGuest.Cost> runs = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
          QuireGuest.Cost cost = guest.exec("/share/" + command);
          if (cost.status() != 0) {
            throw new UserError("'" + command + "' failed:\n" + cost.output());
          }
          runs.add(cost);
        }
        costs.put(command, runs);
      }
    }
    return costs;
  }

  /** The guest's first program runs all commands and powers off; a line precedes each output. */
  private Map<String, List<Double>> underQemu(GuestImage image, Initramfs.Options options) {
    StringBuilder script = new StringBuilder("#!/quire/busybox sh\n");
    script.append("/quire/busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null\n");
    for (int i = 0; i < commands.size(); i++) {
      for (int n = 0; n < repetitions; n++) {
        script.append("echo; echo bench-command ").append(i).append('\n');
        script.append("/share/").append(commands.get(i)).append('\n');
      }
    }
    script.append("/quire/busybox poweroff -f\n");
    byte[] init = script.toString().getBytes(StandardCharsets.UTF_8);
    byte[] initramfs = Initramfs.build(image, options.withFiles(Map.of("init", init)));
    try (QemuMachine machine = new QemuMachine(image, initramfs);
        WatchedProcess process = machine.start(COMMAND_LINE)) {
      return ownTimes(process.outputAtEnd());
    }
  }

  private Map<String, List<Double>> ownTimes(String console) {
    Map<String, List<Double>> times = new LinkedHashMap<>();
    String[] parts = console.split("bench-command ", -1);
    for (int i = 1; i < parts.length; i++) {
      int number = Integer.parseInt(parts[i].lines().findFirst().orElse("").strip());
      List<Double> own = times.computeIfAbsent(commands.get(number), key -> new ArrayList<>());
      Figures.ownTime(parts[i]).ifPresent(own::add);
    }
    return times;
  }

  private static String row(String command, List<QuireGuest.Cost> costs, List<Double> qemu) {
    List<Double> own =
        costs.stream()
            .map(cost -> Figures.ownTime(cost.output()))
            .filter(OptionalDouble::isPresent)
            .map(OptionalDouble::getAsDouble)
            .toList();
    return String.format(
        Locale.ROOT,
        "%-20s %,14.0f %8.3f %6.0f %8.3f %10s %10s %6s",
        command,
        median(costs, QuireGuest.Cost::instructions),
        median(costs, QuireGuest.Cost::cpuSeconds),
        median(costs, cost -> cost.instructions() / cost.cpuSeconds() / 1e6),
        median(costs, QuireGuest.Cost::seconds),
        own.isEmpty() ? "-" : seconds(Figures.median(own)),
        qemu.isEmpty() ? "-" : seconds(Figures.median(qemu)),
        own.isEmpty() || qemu.isEmpty()
            ? "-"
            : String.format(Locale.ROOT, "%.1f", Figures.median(own) / Figures.median(qemu)));
  }

  private static double median(
      List<QuireGuest.Cost> costs, ToDoubleFunction<QuireGuest.Cost> figure) {
    return Figures.median(costs.stream().map(figure::applyAsDouble).toList());
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
