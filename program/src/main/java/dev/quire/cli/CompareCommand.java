package dev.quire.cli;

import dev.quire.compare.Comparison;
import dev.quire.compare.CostModel;
import dev.quire.compare.Difference;
import dev.quire.compare.FirstDifference;
import dev.quire.compare.GuestOfWorkload;
import dev.quire.compare.Outcome;
import dev.quire.compare.Setup;
import dev.quire.compare.Workload;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire compare}: the same guests under every paging method. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs each WORKLOAD in a guest under each paging method, and prints what it costs.",
      "Workloads: boot, forkexec, mmap, chase, pipe, syscalls, sqlite; all of them by default.",
      "All guests have one CPU, the instruction clock and the same seed, so that they complete the",
      "same instructions and print the same bytes; if one does not, the exit status is 1."
    })
final class CompareCommand implements Callable<Integer> {
  /** The kernel's self-tests of its ciphers are two thirds of a boot, and of no interest here. */
  private static final String COMMAND_LINE = "console=ttyS0 panic=-1 cryptomgr.notests=1";

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(paramLabel = "WORKLOAD", description = "What to run.")
  private List<String> words = new ArrayList<>();

  @Option(
      names = "--methods",
      paramLabel = "LIST",
      split = ",",
      description =
          "native, nested, shadow-eager, shadow-unsync (or shadow), shadow-lazy and protected, with"
              + " commas; default all.")
  private List<String> methods = new ArrayList<>();

  @Option(
      names = "--caches",
      description =
          "Run each method with all walk caches, without each of them, and without any; by default"
              + " nested, beside native.")
  private boolean caches;

  @Option(
      names = "--reference-cycles",
      paramLabel = "N",
      description = "Cycles of a reference of a page walk (default 20, an assumption).")
  private long referenceCycles = CostModel.DEFAULT.referenceCycles();

  @Option(
      names = "--l2-hit-cycles",
      paramLabel = "N",
      description = "Cycles of a hit of the L2 TLB (default 4, an assumption).")
  private long l2HitCycles = CostModel.DEFAULT.l2HitCycles();

  @Option(
      names = "--exit-cycles",
      paramLabel = "N",
      description = "Cycles of an exit to the monitor (default 2000, an assumption).")
  private long exitCycles = CostModel.DEFAULT.exitCycles();

  @Option(
      names = "--first-difference",
      description =
          "Instead of costs, find the first instruction after which the guest's registers are not"
              + " the same as under the first of the methods.")
  private boolean firstDifference;

  @Option(names = "--json", description = "Print one JSON array, of an object for each run.")
  private boolean json;

  @Mixin private GuestOptions guest = new GuestOptions();

  @Override
  public Integer call() {
    guest.check();
    CostModel model = model();
    List<Workload> workloads = workloads();
    List<Setup> setups = setups();
    return firstDifference
        ? findDifferences(workloads, setups)
        : compareCosts(workloads, setups, model);
  }

  private int compareCosts(List<Workload> workloads, List<Setup> setups, CostModel model) {
    if (setups.size() * workloads.size() > 1) {
      err().println("First a boot that does not count: the JVM compiles what is hot.");
      var _ = run(Workload.BOOT, setups.getFirst(), configure(Workload.BOOT));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      out.println(model + " (assumed; options change it); overhead is against native\n");
    }
    boolean same = true;
    List<Object> objects = new ArrayList<>();
    for (Workload workload : workloads) {
      Comparison comparison = compare(workload, setups, model);
      same &= comparison.allSame();
      objects.addAll(comparison.json());
      if (!json) {
        out.print(comparison.text());
        out.flush();
      }
    }
    printArray(objects);
    return same ? 0 : 1;
  }

  private void printArray(List<Object> objects) {
    if (json) {
      PrintWriter out = spec.commandLine().getOut();
      out.print(Json.write(objects));
      out.flush();
    }
  }

  private int findDifferences(List<Workload> workloads, List<Setup> setups) {
    if (setups.size() < 2) {
      throw UserError.of("--first-difference needs two --methods or more.");
    }
    List<Object> objects = new ArrayList<>();
    boolean same = true;
    for (Workload workload : workloads) {
      VmConfig.Builder config = configure(workload);
      Setup first = setups.getFirst();
      announce(workload, first);
      FirstDifference search = new FirstDifference(with(first, config), workload.command());
      for (Setup second : setups.subList(1, setups.size())) {
        announce(workload, second);
        Difference found = search.find(with(second, config));
        same &= found.place() == null;
        objects.add(describe(workload, first, second, found));
      }
    }
    printArray(objects);
    return same ? 0 : 1;
  }

  /** The difference as an object; printed at once if people read it. */
  private Map<String, @Nullable Object> describe(
      Workload workload, Setup first, Setup second, Difference found) {
    if (!json) {
      PrintWriter out = spec.commandLine().getOut();
      out.print(workload.word() + ": " + found.text(first.label(), second.label()));
      out.flush();
    }
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("workload", workload.word());
    object.put("first", first.label());
    object.put("second", second.label());
    object.putAll(found.json());
    return object;
  }

  private void announce(Workload workload, Setup setup) {
    err().printf("%s under %s%n", workload.word(), setup.label());
    err().flush();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  private Comparison compare(Workload workload, List<Setup> setups, CostModel model) {
    VmConfig.Builder config = configure(workload);
    List<Outcome> outcomes = new ArrayList<>();
    for (Setup setup : setups) {
      announce(workload, setup);
      outcomes.add(run(workload, setup, config));
    }
    return new Comparison(workload, outcomes, model);
  }

  private static Outcome run(Workload workload, Setup setup, VmConfig.Builder config) {
    return GuestOfWorkload.run(workload, setup, with(setup, config));
  }

  private static VmConfig with(Setup setup, VmConfig.Builder config) {
    return config.paging(setup.paging()).mmu(setup.mmu()).build();
  }

  /** All but the setup. */
  private VmConfig.Builder configure(Workload workload) {
    GuestFiles files =
        GuestFiles.prepare(
            GuestFiles.Request.ofDebian(
                guest.memory(), workload.files(guest.mirror(), ProgressBar.onStandardError())),
            guest.mirror());
    return guest.configure(files.kernel(), COMMAND_LINE).initrd(files.initrd());
  }

  private CostModel model() {
    if (Math.min(Math.min(referenceCycles, l2HitCycles), exitCycles) < 0) {
      throw UserError.of("Cycles are 0 or more, not fewer.");
    }
    return new CostModel(referenceCycles, l2HitCycles, exitCycles);
  }

  private List<Workload> workloads() {
    return words.isEmpty()
        ? List.of(Workload.values())
        : words.stream().map(Workload::parse).distinct().toList();
  }

  private List<Setup> setups() {
    List<PagingChoice> chosen = methods.stream().map(PagingChoice::parse).toList();
    if (!caches) {
      return Setup.ofMethods(
          chosen.isEmpty() ? List.of(PagingChoice.values()) : chosen, guest.mmu());
    }
    if (chosen.isEmpty()) {
      chosen = List.of(PagingChoice.NATIVE, PagingChoice.NESTED);
    }
    List<Setup> setups = new ArrayList<>();
    for (PagingChoice paging : chosen) {
      List<PagingChoice> one = List.of(paging);
      setups.addAll(
          paging == PagingChoice.NATIVE
              ? Setup.ofMethods(one, guest.mmu())
              : Setup.ofCaches(one, guest.mmu()));
    }
    return setups;
  }
}
