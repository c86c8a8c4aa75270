package dev.quire.control;

import dev.quire.control.ControlCommands.Guest;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What {@code wss} says of a guest, and does. */
final class WorkingSetReply {
  private static final int SHOWN = 10;

  private WorkingSetReply() {}

  /** Changes how the guest is sampled, if that is asked for, and says what was found. */
  static Reply to(Guest guest, Arguments arguments) {
    VirtualMachine vm = guest.vm();
    Sampler sampler = vm.sampler();
    if (sampler == null) {
      throw new UserError(
          "A native guest is not sampled: its memory is the machine's own, and nobody sees what it"
              + " touches.");
    }
    Sampler.Settings before = sampler.settings();
    Sampler.Settings wanted =
        new Sampler.Settings(
            arguments.number("pages", before.pages(), Sampler.Settings.MOST_PAGES + 1),
            arguments.time("period", before.periodNanos()));
    boolean truth = arguments.onOrOff("truth", sampler.traces());
    if (!wanted.equals(before) || truth != sampler.traces()) {
      vm.clock().whileStopped(() -> change(sampler, wanted, truth));
    }
    return arguments.has("watch") ? watch(sampler) : answer(vm, sampler);
  }

  private static void change(Sampler sampler, Sampler.Settings wanted, boolean truth) {
    if (!wanted.equals(sampler.settings())) {
      sampler.set(wanted);
    }
    sampler.trace(truth);
  }

  /** Each period as it ends. */
  private static Streamed watch(Sampler sampler) {
    long now = sampler.since(0).stream().mapToLong(Estimate::number).max().orElse(0);
    return parts -> follow(sampler, now, parts);
  }

  private static void follow(Sampler sampler, long from, Streamed.Parts parts)
      throws IOException, InterruptedException {
    long seen = from;
    while (!sampler.isClosed()) {
      List<Estimate> next = sampler.await(seen, Streamed.SILENCE_MILLIS);
      for (Estimate estimate : next) {
        parts.part(EstimateLines.json(estimate));
        seen = estimate.number();
      }
      if (next.isEmpty()) {
        parts.nothing();
      }
    }
  }

  private static Answer answer(VirtualMachine vm, Sampler sampler) {
    List<Map<String, Object>> periods = sampler.since(0).stream().map(EstimateLines::json).toList();
    Estimate running = sampler.running();
    Estimate now = sampler.now();
    Map<String, Object> value = EstimateLines.json(now == null ? running : now);
    value.put("pages", sampler.settings().pages());
    value.put("periodNanos", sampler.settings().periodNanos());
    value.put("traced", sampler.traces());
    value.put("running", EstimateLines.json(running));
    value.put("periods", periods);
    value.put("counters", sampler.counters(vm.exits().sampleNanos()));
    return new Answer(text(sampler, periods, EstimateLines.json(running)), value);
  }

  private static String text(
      Sampler sampler, List<Map<String, Object>> periods, Map<String, Object> running) {
    StringBuilder text = new StringBuilder(EstimateLines.HEADING);
    periods
        .subList(Math.max(0, periods.size() - SHOWN), periods.size())
        .forEach(period -> text.append(EstimateLines.line(period)));
    text.append(EstimateLines.line(running));
    text.append(
        sampler.settings().pages() == 0
            ? "Nothing is sampled: pages=100 has 100 pages sampled in each period.\n"
            : "The last line is the period that runs.\n");
    text.append(sampler.traces() ? "" : EstimateLines.NO_TRUTH);
    return text.toString();
  }
}
