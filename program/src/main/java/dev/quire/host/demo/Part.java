package dev.quire.host.demo;

import dev.quire.host.HostSession;
import dev.quire.host.HostedVm;
import dev.quire.host.VmState;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.run.PrintedText;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** One guest in a {@link Play}. On the thread of the machine's clock. */
final class Part {
  private static final String ASK = "cat /tmp/status-* 2>/dev/null";

  /** Ends what still runs, and prints what each program says of itself, and what it found wrong. */
  private static final String FINISH =
      """
      >%s; killall -q pattern; n=0
      while pidof pattern >/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done
      cat /tmp/status-* 2>/dev/null
      grep -hm 1 ^pattern:.page /tmp/job-*.txt
      """
          .formatted(Task.OVER);

  /** How a program begins to say that something is wrong. */
  private static final String WRONG = "pattern: page";

  private static final Pattern OUT_OF_MEMORY = Pattern.compile("Out of memory: Killed process");

  private final HostSession session;
  private final HostedVm vm;
  private Moved before = Moved.NONE;
  private Work work = Work.NONE;
  private int programs;
  private boolean asked;

  Part(HostSession session, HostedVm vm) {
    this.session = session;
    this.vm = vm;
  }

  String name() {
    return vm.name();
  }

  Work work() {
    return work;
  }

  /** From here on, what moves counts. */
  void begin() {
    before = moved();
  }

  private Moved moved() {
    return Moved.of(session.traffic(vm.name()));
  }

  /** Has it run one command to its end, before others. */
  void prepare(Task task) {
    submit(task.command(), output -> {});
  }

  /** Starts something; a {@link UserError} if the guest does not run. */
  void start(Task task, long unitMillis, int number) {
    String text = task.text(unitMillis, number);
    if (task.followed()) {
      submit(text, this::tell);
    } else {
      var _ = vm.agent().background(text);
    }
    programs += task.verifies() ? 1 : 0;
  }

  private void tell(String output) {
    session.tell(name(), Play.KIND, "%s: %s".formatted(name(), output.strip()));
  }

  /** Asks how far its programs are, unless it still owes the last answer. */
  void ask() {
    if (!asked && programs > 0 && vm.state() == VmState.RUNNING) {
      asked = true;
      submit(
          ASK,
          output -> {
            asked = false;
            work = Work.read(output);
          });
    }
  }

  /** Ends its programs; {@code done} runs when they have told what they did, or never will. */
  void finish(Runnable done) {
    asked = true;
    try {
      submit(
          FINISH,
          output -> {
            Work last = Work.read(output);
            work = last.verified() >= work.verified() ? last : work;
            output.lines().filter(line -> line.startsWith(WRONG)).forEach(this::tell);
            done.run();
          });
    } catch (UserError e) {
      done.run(); // it does not run: what it told before is all there is
    }
  }

  /** {@code answer} gets what the command printed, or as much as came before the guest ended. */
  private void submit(String command, Consumer<String> answer) {
    var _ =
        vm.agent()
            .submit(
                command, new PrintedText(text -> session.clock().post(() -> answer.accept(text))));
  }

  Played.Guest played() {
    return new Played.Guest(vm.name(), programs, work, moved().minus(before), oomKills());
  }

  /** By the guest's own count, or if it does not tell that, by what its kernel printed. */
  private long oomKills() {
    ManagedVm managed = session.managed(vm.name());
    long said = managed == null ? 0 : managed.statistics().oomKills();
    String console = new String(vm.console().tail(), StandardCharsets.US_ASCII);
    return Math.max(said, OUT_OF_MEMORY.matcher(console).results().count());
  }
}
