package dev.quire.cli;

import dev.quire.control.ControlFolder;
import dev.quire.control.ControlPrompt;
import dev.quire.control.ControlServer;
import dev.quire.control.ControlledGuest;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import dev.quire.run.Keyboard;
import dev.quire.run.MemoryTrace;
import dev.quire.run.RawTerminal;
import dev.quire.run.Report;
import dev.quire.run.SwapDiskChoice;
import dev.quire.run.TraceChoice;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quire run}: a guest under the monitor, on the user's terminal or for one command. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs a Linux guest in a virtual machine: by default Debian's kernel, brought from a mirror",
      "the first time. Its console is this terminal; Ctrl-] opens Quire's prompt, where q ends the",
      "guest. With --exec the guest runs one command instead, and its status is the exit status."
    })
final class RunCommand implements Callable<Integer> {
  private static final int MAX_CPUS = 4;
  private static final int DEADLOCK = 3;

  /** A guest that panics while it is to run a command ends at once. */
  private static final String GUEST_OF_ONE_COMMAND = "console=ttyS0 panic=-1";

  /** Where the guest's time comes from. */
  enum ClockKind {
    host,
    instructions
  }

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Mixin private GuestOptions guest = new GuestOptions();

  @Mixin private SampleOptions sampling = new SampleOptions();

  @Mixin private ProxyOptions proxy = new ProxyOptions();

  @Option(
      names = "--cpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of virtual CPUs, 1 to " + MAX_CPUS + " (default ${DEFAULT-VALUE}).")
  private int cpus;

  @Option(
      names = "--clock",
      paramLabel = "CLOCK",
      description =
          "host: the host's time; instructions: one instruction is one nanosecond, and runs repeat"
              + " exactly (default host, with --exec instructions).")
  private @Nullable ClockKind clock;

  @Option(
      names = "--kernel",
      paramLabel = "FILE",
      description = "A Linux Image, an ELF64 or a flat file for 0x80200000; default Debian's.")
  private @Nullable Path kernel;

  @Option(
      names = "--initrd",
      paramLabel = "FILE",
      description = "An initramfs; default: Quire's own, with busybox and the agent of --exec.")
  private @Nullable Path initrd;

  @Option(
      names = "--disk",
      paramLabel = "FILE[,ro|cow]",
      description =
          "A raw disk image, written to (default), read only, or with all that is written forgotten"
              + " at the end; up to "
              + VmConfig.MAX_DISKS
              + " times.")
  private List<String> disks = new ArrayList<>();

  @Option(
      names = "--swap-disk",
      paramLabel = "SIZE",
      description =
          "A disk for the guest to swap to, the last one, which ends with the guest; a multiple of"
              + " 2M, at most 16G.")
  private @Nullable String swapDisk;

  @Option(
      names = "--share",
      paramLabel = "DIR",
      description = "A folder whose files are copied to the guest's /share.")
  private @Nullable Path share;

  @Option(
      names = "--exec",
      paramLabel = "COMMAND",
      description = "Run COMMAND in the guest's shell, print what it prints, and end.")
  private @Nullable String exec;

  @Option(names = "--stats", description = "At the end, print counters on standard error.")
  private boolean stats;

  @Option(
      names = "--json",
      description = "Print one JSON object, with the counters and what the guest printed in it.")
  private boolean json;

  @Option(
      names = "--paging",
      paramLabel = "METHOD",
      defaultValue = "nested",
      description =
          "How the guest's memory is virtualized: native (not at all), nested, shadow or protected"
              + " (default ${DEFAULT-VALUE}).")
  private String paging = "";

  @Option(
      names = "--shadow",
      paramLabel = "VARIANT",
      description =
          "When shadow tables follow the guest's: eager: at each write; unsync: leaf tables at the"
              + " next fence; lazy: filled by faults, emptied by fences (default unsync).")
  private @Nullable String shadow;

  @Option(
      names = "--switch-at",
      paramLabel = "N=METHOD",
      description =
          "Change the paging method once the first CPU has completed N instructions; METHOD is"
              + " nested, shadow-eager, shadow-unsync, shadow-lazy or protected; repeatable.")
  private List<String> switches = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "A name by which other commands find the guest: 'quire paging NAME'.")
  private @Nullable String name;

  @Option(
      names = "--walk",
      paramLabel = "GVA@INSTRUCTION",
      description =
          "When CPU 0 has completed that many instructions, explain on standard error how the MMU"
              + " translates GVA (hexadecimal), reference by reference; repeatable.")
  private List<String> walks = new ArrayList<>();

  @Option(
      names = "--trace-memory",
      paramLabel = "F",
      description =
          "Write to F which frames of its memory the guest references, for 'quire analyze'; F.2"
              + " when it restarts, and so on. Makes the guest several times slower.")
  private @Nullable Path trace;

  @Option(
      names = "--trace-filter",
      paramLabel = "N",
      description =
          "Leave out references to the N frames used last, which keeps all that is to be said about"
              + " larger caches (default "
              + TraceChoice.FILTER
              + "; 1: only those to the same frame as before).")
  private @Nullable Integer traceFilter;

  private final ControlledGuest controlled = new ControlledGuest();

  @Override
  public Integer call() {
    checkOptions();
    List<BlockStore> opened = DiskOption.open(disks);
    try (ControlServer _ = name == null ? null : ControlServer.open(name, controlled)) {
      return exec == null ? interactive(opened) : execute(opened, exec);
    } finally {
      DiskOption.closeAll(opened);
    }
  }

  /** Before anything is pulled or opened. */
  private void checkOptions() {
    guest.check();
    var _ = sampling.settings();
    var _ = swapDisk();
    PagingChoice choice = PagingChoice.parse(paging, shadow);
    proxy.check(guest.memory(), choice);
    if (!SwitchOption.parse(switches).isEmpty() && choice == PagingChoice.NATIVE) {
      throw UserError.of("--switch-at needs a guest that is virtualized, not native.");
    }
    if (name != null) {
      ControlFolder.checkName(name);
    }
    var _ = WalkOption.parse(walks);
    if (trace == null && traceFilter != null) {
      throw UserError.of("--trace-filter %d says nothing without --trace-memory.", traceFilter);
    }
    var _ = traceChoice();
    if (cpus < 1 || cpus > MAX_CPUS) {
      throw UserError.of("--cpus %d is not possible: 1 to %d are.", cpus, MAX_CPUS);
    }
  }

  /** Bytes; 0: none. */
  private long swapDisk() {
    if (swapDisk == null) {
      return 0;
    }
    try {
      return SwapDiskChoice.parse(swapDisk);
    } catch (UserError e) {
      throw new UserError("--swap-disk %s: %s".formatted(swapDisk, e.getMessage()), e);
    }
  }

  /** Made anew for each start, since a running guest needs no copy of its kernel. */
  private VmConfig config(List<BlockStore> opened) {
    GuestFiles files =
        GuestFiles.prepare(
            new GuestFiles.Request(
                kernel,
                initrd,
                share,
                !disks.isEmpty(),
                swapDisk != null,
                guest.memory(),
                Map.of()),
            guest.mirror());
    String console = exec == null ? "console=ttyS0" : GUEST_OF_ONE_COMMAND;
    String swap = SwapDiskChoice.append(swapDisk(), disks.size());
    VmConfig.Builder described = guest.configure(files.kernel(), (console + swap).strip());
    return proxy
        .configure(described, guest.memory())
        .initrd(files.initrd())
        .cpus(cpus)
        .disks(opened.stream().<BlockStore>map(KeptOpen::new).toList())
        .swapDisk(swapDisk())
        .paging(PagingChoice.parse(paging, shadow))
        .sampling(sampling.settings())
        .countsInstructions(clock == null ? exec != null : clock == ClockKind.instructions)
        .build();
  }

  private void schedule(GuestRun run) {
    for (SwitchOption option : SwitchOption.parse(switches)) {
      run.vm().switchPagingAt(option.instruction(), option.choice());
    }
  }

  private @Nullable TraceChoice traceChoice() {
    int filter = traceFilter == null ? TraceChoice.FILTER : traceFilter;
    return trace == null ? null : new TraceChoice(trace, filter);
  }

  /** The trace of the {@code start}th start; null if none is wanted. */
  private @Nullable MemoryTrace trace(GuestRun run, int start, boolean rawTerminal) {
    TraceChoice choice = traceChoice();
    return choice == null
        ? null
        : new MemoryTrace(
            choice,
            run.vm(),
            name == null ? "guest" : name,
            start,
            trouble -> say(trouble.getMessage() + (rawTerminal ? "\r\n" : "\n")));
  }

  private int execute(List<BlockStore> opened, String command) {
    GuestConsole console = GuestConsole.kept(json);
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    ByteSink output = json ? kept::write : RunCommand::print;
    try (GuestRun run = new GuestRun(config(opened), console, command, output);
        var _ = trace(run, 1, false);
        var _ = controlled.has(run)) {
      prepareWalks(run, false);
      schedule(run);
      int status = run.exec();
      nameLateWalks(run);
      print(run.report(status), console, kept.toByteArray());
      return status;
    }
  }

  private void prepareWalks(GuestRun run, boolean rawTerminal) {
    for (WalkOption walk : WalkOption.parse(walks)) {
      walk.prepare(run.vm(), text -> say(rawTerminal ? text.replace("\n", "\r\n") : text));
    }
  }

  private void nameLateWalks(GuestRun run) {
    long end = run.vm().vcpus().getFirst().hart().completed();
    for (WalkOption walk : WalkOption.parse(walks)) {
      if (walk.instruction() > end) {
        say(
            "CPU 0 never came to instruction %,d of --walk: it completed %,d.\n"
                .formatted(walk.instruction(), end));
      }
    }
  }

  private void say(String text) {
    spec.commandLine().getErr().print(text);
    spec.commandLine().getErr().flush();
  }

  private static void print(byte[] bytes, int offset, int length) {
    System.out.write(bytes, offset, length);
    System.out.flush();
  }

  /** How a guest ended that was used by its console. */
  private record Ended(PowerControl.Request how, int status, Report report) {}

  private int interactive(List<BlockStore> opened) {
    GuestConsole console = json ? GuestConsole.kept(true) : GuestConsole.shownOn(System.out);
    Ended ended = onTerminal(opened, console);
    if (ended.how().kind() == PowerControl.Kind.DEADLOCK) {
      spec.commandLine().getErr().println("The guest waits for ever: nothing can wake it.");
    }
    print(ended.report(), console, null);
    return ended.status();
  }

  private Ended onTerminal(List<BlockStore> opened, GuestConsole console) {
    try (RawTerminal terminal = RawTerminal.ofStandardInput(!json)) {
      Keyboard keyboard =
          new Keyboard(System.in, System.out, terminal.isRaw(), new ControlPrompt(controlled));
      if (terminal.isRaw()) {
        System.err.print("Ctrl-] opens Quire's prompt, where q ends the guest.\r\n");
      }
      for (int start = 1; ; start++) {
        try (GuestRun run = new GuestRun(config(opened), console, null, RunCommand::print);
            var _ = trace(run, start, terminal.isRaw());
            var _ = controlled.has(run)) {
          prepareWalks(run, terminal.isRaw());
          schedule(run);
          PowerControl.Request how = run.interactive(keyboard);
          if (how.kind() != PowerControl.Kind.RESET) {
            nameLateWalks(run);
            int status = how.kind() == PowerControl.Kind.DEADLOCK ? DEADLOCK : how.status();
            return new Ended(how, status, run.report(status));
          }
        }
      }
    }
  }

  private void print(Report report, GuestConsole console, byte @Nullable [] output) {
    if (json) {
      spec.commandLine().getOut().print(report.json(console.bytes(), output));
      spec.commandLine().getOut().flush();
    }
    if (stats) {
      spec.commandLine().getErr().print(report.text());
      spec.commandLine().getErr().flush();
    }
  }
}
