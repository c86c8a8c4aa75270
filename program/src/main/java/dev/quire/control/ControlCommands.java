package dev.quire.control;

import dev.quire.census.LivePages;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.explain.MemoryExplainer;
import dev.quire.monitor.explain.TableReport;
import dev.quire.monitor.explain.WalkExplanation;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.Report;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What can be asked of every guest, in the order of lists for users. */
public final class ControlCommands {
  /**
   * A guest that is asked.
   *
   * @param report its counters of this moment
   */
  public record Guest(VirtualMachine vm, Supplier<Report> report) {}

  private static final int RANGES = 20;
  private static final int MAX_BLOCKS = 1 << 20;
  private static final int MAX_RANGES = 1_000_000;

  private static final Argument CPU =
      Argument.option("cpu", "N", "The vCPU whose registers count (default 0).");

  public static final ControlCommand<Guest> PAGING =
      new ControlCommand<>(
          "paging",
          List.of(
              Argument.optional("method", "nested, shadow or protected."),
              Argument.option("shadow", "VARIANT", "Of shadow: eager, unsync or lazy.")),
          "Tells how the guest's memory is virtualized, or changes that.",
          ControlCommands::paging);

  private static final ControlCommand<Guest> STATS =
      new ControlCommand<>(
          "stats", List.of(), "Shows the counters so far.", ControlCommands::stats);

  private static final ControlCommand<Guest> WALK =
      new ControlCommand<>(
          "walk",
          List.of(Argument.required("gva", "An address of the guest's, hexadecimal."), CPU),
          "Explains one translation, memory reference by memory reference.",
          ControlCommands::walk);

  private static final ControlCommand<Guest> TABLES =
      new ControlCommand<>(
          "tables",
          List.of(
              CPU, Argument.option("ranges", "N", "How many of each table to print (default 20).")),
          "Shows what the guest's and the monitor's tables map.",
          ControlCommands::tables);

  /** How much memory the guest uses. */
  public static final ControlCommand<Guest> WSS =
      new ControlCommand<>(
          "wss",
          List.of(
              Argument.flag("watch", "Go on with a line for each period, until the guest ends."),
              Argument.setting("pages", "N", "Sample so many pages in each period; 0: none."),
              Argument.setting("period", "D", "Of the guest's time, for example 5s."),
              Argument.setting(
                  "truth", "on|off", "Trace each reference, too; the guest is slow meanwhile.")),
          "Estimates how much of its memory a guest uses, by sampling.",
          WorkingSetReply::to);

  /** How often the guest would miss with more memory. */
  public static final ControlCommand<Guest> MRC =
      new ControlCommand<>(
          "mrc",
          List.of(
              Argument.flag("recent", "What was read 10 s earlier counts half as much."),
              Argument.flag("reset", "Count anew from now on, after this answer.")),
          "Shows how often the guest would miss with more memory, if it has proxy memory.",
          MissCurveReport::answer);

  /** Asked by {@code quire census}, again and again. */
  public static final ControlCommand<Guest> PAGES =
      new ControlCommand<>(
          "pages",
          List.of(
              Argument.option("seed", "HEX", "Of the hash."),
              Argument.option("from", "N", "The first block of 2 MiB.")),
          "Hashes of a part of the guest's pages.",
          ControlCommands::pages);

  /** All that users type. */
  public static final List<ControlCommand<Guest>> ALL =
      List.of(WALK, TABLES, PAGING, WSS, MRC, STATS);

  /** All of them. */
  static final List<ControlCommand<Guest>> ASKED =
      List.of(WALK, TABLES, PAGING, WSS, MRC, STATS, PAGES);

  private ControlCommands() {}

  private static Answer walk(Guest guest, Arguments arguments) {
    VirtualMachine vm = guest.vm();
    int cpu = arguments.number("cpu", 0, vm.vcpus().size());
    long gva = arguments.address("gva");
    WalkExplanation walk = vm.whileStopped(() -> new MemoryExplainer(vm).walk(cpu, gva));
    return new Answer(walk.text(), walk.json());
  }

  private static Answer tables(Guest guest, Arguments arguments) {
    VirtualMachine vm = guest.vm();
    int cpu = arguments.number("cpu", 0, vm.vcpus().size());
    int ranges = Math.max(1, arguments.number("ranges", RANGES, MAX_RANGES));
    TableReport report = vm.whileStopped(() -> new MemoryExplainer(vm).tables(cpu, ranges));
    return new Answer(report.text(), report.json());
  }

  private static Answer paging(Guest guest, Arguments arguments) {
    VirtualMachine vm = guest.vm();
    String method = arguments.get("method");
    String shadow = arguments.get("shadow");
    if (method != null || shadow != null) {
      vm.switchPaging(PagingChoice.parse(method == null ? "shadow" : method, shadow));
    }
    PagingChoice choice = vm.choice();
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("paging", choice.paging());
    value.put("variant", choice.variant());
    return new Answer(choice.word() + "\n", value);
  }

  private static Answer pages(Guest guest, Arguments arguments) {
    int from = arguments.number("from", 0, MAX_BLOCKS);
    long seed = arguments.address("seed");
    return new Answer("", LivePages.answer(guest.vm().memory(), seed, from));
  }

  private static Answer stats(Guest guest, Arguments arguments) {
    Report report = guest.report().get();
    return new Answer(report.text(), report.object());
  }
}
