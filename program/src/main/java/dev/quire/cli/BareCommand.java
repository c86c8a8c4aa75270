package dev.quire.cli;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.board.BareMachine;
import dev.quire.machine.board.BareOptions;
import dev.quire.machine.board.BootImage;
import dev.quire.machine.board.CommitLog;
import dev.quire.machine.board.IsaString;
import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.ProgramFile;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a program on the bare machine, in M-mode and with no monitor. */
@Command(
    name = "bare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs PROGRAM on the bare machine (QEMU virt's layout), in M-mode and without a monitor.",
      "The exit status is the program's: from HTIF (tohost) or from the test finisher."
    })
final class BareCommand implements Callable<Integer> {
  /** Where the guest's time comes from. */
  enum ClockKind {
    HOST,
    INSTRUCTIONS
  }

  /** The status of a program that can never go on. */
  private static final int DEADLOCK = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PROGRAM",
      description = "An ELF64 file, or a flat one for 0x80000000 such as fw_dynamic.bin.")
  private Path program = Path.of("");

  @Option(
      names = "--isa",
      paramLabel = "STRING",
      description = {
        "The hart's extensions, such as rv64gc_zba, or changes, such as -h; default: all that Quire"
            + " has. With -svade, hardware sets accessed and dirty bits from reset."
      })
  private @Nullable String isa;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "128M",
      description = "RAM, a multiple of 2M (default ${DEFAULT-VALUE}).")
  private String memory = "";

  @Option(
      names = "--harts",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of harts, 1 to " + BareMachine.MAX_HARTS + " (default 1).")
  private int harts;

  @Option(
      names = "--clock",
      paramLabel = "CLOCK",
      defaultValue = "instructions",
      description =
          "host: the host's time, a thread for each hart; instructions: one instruction is one"
              + " nanosecond, and runs repeat exactly (default ${DEFAULT-VALUE}).")
  private String clock = "";

  @Option(
      names = "--kernel",
      paramLabel = "FILE",
      description = "What PROGRAM starts in S-mode: a Linux Image, an ELF64 or a flat file.")
  private @Nullable Path kernel;

  @Option(names = "--initrd", paramLabel = "FILE", description = "The kernel's initramfs.")
  private @Nullable Path initrd;

  @Option(
      names = "--append",
      paramLabel = "STRING",
      defaultValue = "",
      description = "The kernel's command line.")
  private String append = "";

  @Option(
      names = "--disk",
      paramLabel = "FILE[,ro|cow]",
      description = "A raw disk image; ro: read-only, cow: changes are forgotten. Repeatable.")
  private List<String> disks = new ArrayList<>();

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "At the end, write memory from begin_signature to end_signature there.")
  private @Nullable Path signature;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write every instruction there, in the form of Spike's --log-commits.")
  private @Nullable Path trace;

  @Option(
      names = "--stats",
      description = "At the end, print instructions and speed on standard error.")
  private boolean stats;

  @Override
  public Integer call() {
    BareOptions options =
        new BareOptions(
            isa == null ? Isa.full() : IsaString.parse(isa),
            MemorySize.parse(memory),
            checkedHarts(),
            clockKind() == ClockKind.HOST,
            append,
            1);
    ProgramFile first = ProgramFile.read(program);
    ProgramFile second = kernel == null ? null : ProgramFile.read(kernel);
    ProgramFile third = initrd == null ? null : ProgramFile.read(initrd);
    List<BlockStore> opened = DiskOption.open(disks);
    try {
      Console console = new Console(System.in, System.out);
      PowerControl.Request end;
      do {
        try (BareMachine machine = new BareMachine(options, opened, console)) {
          BootImage image = BootImage.load(machine.memory(), options, first, second, third);
          end = run(machine, image, console);
        }
      } while (end.kind() == PowerControl.Kind.RESET);
      return status(end);
    } finally {
      DiskOption.closeAll(opened);
    }
  }

  private PowerControl.Request run(BareMachine machine, BootImage image, Console console) {
    Signature wanted = signature == null ? null : Signature.of(image, machine.memory(), signature);
    machine.start(image);
    machine.clock().betweenSlices(console::flush);
    console.connect(machine);
    long start = System.nanoTime();
    PowerControl.Request end = runTraced(machine);
    long nanos = System.nanoTime() - start;
    console.flush();
    if (wanted != null) {
      wanted.write();
    }
    if (stats) {
      printStats(machine, nanos);
    }
    return end;
  }

  private PowerControl.Request runTraced(BareMachine machine) {
    if (trace == null) {
      return machine.run();
    }
    try (CommitLog log = new CommitLog(machine.memory(), trace)) {
      machine.trace(log);
      return machine.run();
    }
  }

  private int status(PowerControl.Request end) {
    if (end.kind() == PowerControl.Kind.DEADLOCK) {
      spec.commandLine().getErr().println("All harts wait for ever: nothing can wake one.");
      return DEADLOCK;
    }
    return end.status();
  }

  private void printStats(BareMachine machine, long nanos) {
    long instructions = machine.harts().stream().mapToLong(hart -> hart.completed()).sum();
    spec.commandLine()
        .getErr()
        .printf(
            Locale.ROOT,
            "%,d instructions in %.3f s: %.1f MIPS%n",
            instructions,
            nanos / 1e9,
            instructions * 1e3 / nanos);
  }

  private int checkedHarts() {
    if (harts < 1 || harts > BareMachine.MAX_HARTS) {
      throw UserError.of("--harts %d is not possible: 1 to %d are.", harts, BareMachine.MAX_HARTS);
    }
    return harts;
  }

  private ClockKind clockKind() {
    return switch (clock) {
      case "host" -> ClockKind.HOST;
      case "instructions" -> ClockKind.INSTRUCTIONS;
      default -> throw UserError.of("--clock %s is unknown: host or instructions.", clock);
    };
  }
}
