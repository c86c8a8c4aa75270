package dev.quire.host;

import dev.quire.host.GuestCopies.Made;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.explain.TableAudit;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sharing.ScanCounters;
import dev.quire.run.AgentChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Equal guests on one machine, each writing patterns and verifying them, while a driver takes and
 * moves their pages at random beside what memory management does by itself. Half of what they write
 * is equal, within and between, and they are all of one group. The first is cloned at its work, and
 * clones go on with it.
 */
final class PatternHost {
  private static final Pattern RESULT =
      Pattern.compile("passes (\\d+), verified (\\d+) bytes, wrong (\\d+) bytes");
  private static final long UPHEAVAL_NANOS = 50_000_000;
  private static final long LOOK_NANOS = 200_000_000;
  private static final long CLONED_AFTER_NANOS = 500_000_000;
  private static final int SCAN_RATE = 200_000;
  private static final int AUDIT_ONE_IN = 40;
  private static final int MOST_ATTEMPTS = 200;
  private static final long MOST_NANOS = 180_000_000_000L;
  private static final long MOST_NANOS_OF_PASS = 30_000_000_000L;

  /**
   * What is run.
   *
   * @param paging as in a host file
   * @param guests that boot
   * @param clones of the first, that are made at once
   * @param machineMib memory of the machine
   * @param guestMib what each guest believes to have
   * @param patternMib what each guest's program fills
   * @param passes over it
   * @param balloon whether guests have balloons
   * @param swap whether pages may be swapped
   * @param evicted pages that the driver takes from each guest in 50 ms, at most
   */
  record Scenario(
      String paging,
      int guests,
      int clones,
      int machineMib,
      int guestMib,
      int patternMib,
      int passes,
      boolean balloon,
      boolean swap,
      int evicted) {}

  private final Scenario scenario;
  private final HostSession session;
  private final Random random = new Random(1);
  private final Map<String, String> outputs = new TreeMap<>();
  private final Map<String, PageTraffic> traffic = new TreeMap<>();
  private final List<String> errors = new ArrayList<>();
  private long verified;
  private int passes = Integer.MAX_VALUE;

  /** To clone. */
  private int attempts;

  private PatternHost(Scenario scenario) throws IOException {
    this.scenario = scenario;
    HostConfig config = HostFile.parse(file(scenario), "host.toml", Path.of(""));
    HostSession.Boot boot = DebianGuest.boot((long) scenario.guestMib << 20);
    session = new HostSession(config, entry -> boot);
  }

  private static String file(Scenario scenario) {
    StringBuilder file = new StringBuilder();
    file.append("[machine]\nmemory = \"%dM\"\n".formatted(scenario.machineMib));
    file.append("[manager]\nperiod = \"500ms\"\n");
    file.append("sharing = \"group\"\nscan_rate = %d\n".formatted(SCAN_RATE));
    if (!scenario.swap) {
      file.append("swap = \"off\"\n");
    }
    for (int i = 1; i <= scenario.guests; i++) {
      file.append("[[vm]]\nname = \"g%d\"\ngroup = \"all\"\n".formatted(i));
      file.append("memory = \"%dM\"\nmin = \"32M\"\n".formatted(scenario.guestMib));
      file.append("paging = \"%s\"\nballoon = %b\n".formatted(scenario.paging, scenario.balloon));
      file.append("append = \"cryptomgr.notests=1\"\n");
    }
    return file.toString();
  }

  /**
   * What came of it.
   *
   * @param errors everything that was not as it must be, in words
   * @param passes the fewest that a guest finished
   * @param verified bytes, by all guests
   * @param left frames that left guests, by swap, as zeros, by balloon or by report
   * @param returned pages that came back from the swap file
   * @param merged pages that gave their frame up for one of the same content
   * @param broken pages that got a frame of their own again, as they were written
   * @param text all of it, for people
   */
  record Outcome(
      List<String> errors,
      int passes,
      long verified,
      long left,
      long returned,
      long merged,
      long broken,
      String text) {}

  /** Runs the guests to their end. */
  static Outcome run(Scenario scenario) throws IOException {
    PatternHost host = new PatternHost(scenario);
    try (HostSession session = host.session) {
      session.recordTo((snapshot, targets) -> host.check(snapshot));
      session.clock().schedule(LOOK_NANOS, host::begin);
      session.clock().schedule(MOST_NANOS + scenario.passes * MOST_NANOS_OF_PASS, host::giveUp);
      session.run();
    }
    return host.outcome();
  }

  private Outcome outcome() {
    long left = 0;
    long returned = 0;
    long broken = 0;
    for (PageTraffic of : traffic.values()) {
      left += of.swappedOut() + of.zeroDropped() + of.balloonFreed() + of.reported();
      returned += of.swappedIn();
      broken += of.breaks() + of.reused();
    }
    ScanCounters scanned = session.manager().scanned();
    check(scanned);
    StringBuilder text = new StringBuilder();
    for (Object of : List.of(scenario, outputs, traffic, scanned)) {
      text.append(of).append('\n');
    }
    for (HostEvent event : session.events().since(0)) {
      text.append("%7.1f s  %s%n".formatted(event.nanos() / 1e9, event.text()));
    }
    return new Outcome(
        errors, passes, verified, left, returned, scanned.merged(), broken, text.toString());
  }

  private void giveUp() {
    errors.add("not done yet: " + HostReport.of(session).psText());
    session.stop();
  }

  /** Every guest begins when all are up; when all have ended, the host stops. */
  private void begin() {
    if (!session.vms().stream().allMatch(vm -> vm.state() == VmState.RUNNING)) {
      session.clock().schedule(LOOK_NANOS, this::begin);
      return;
    }
    for (HostedVm vm : session.vms()) {
      String command =
          "pattern %d --passes %d --seed %c --alike 16 --pause 100 --status /tmp/status"
              .formatted(scenario.patternMib, scenario.passes, vm.name().charAt(1));
      vm.agent().submit(command, new Output(vm.name()));
    }
    session.clock().schedule(CLONED_AFTER_NANOS, this::cloneSome);
    upheaval();
  }

  /** A clone's own program ends unheard; the next command is done after it. */
  private void cloneSome() {
    try {
      HostedVm first = session.vms().getFirst();
      for (Made made : new GuestCopies(session).clone(first, scenario.clones, "clone")) {
        made.vm().agent().submit("cat /tmp/status", new Output(made.vm().name()));
      }
    } catch (UserError e) { // there is no room just now
      if (attempts++ == MOST_ATTEMPTS) {
        errors.add(String.valueOf(e.getMessage()));
        giveUp();
      }
      session.clock().schedule(UPHEAVAL_NANOS, this::cloneSome);
    }
  }

  private void upheaval() {
    for (HostedVm vm : session.vms()) {
      ManagedVm managed = session.managed(vm.name());
      if (managed != null && vm.state() == VmState.RUNNING) {
        managed.vm().clock().whileStopped(() -> disturb(managed));
        traffic.put(vm.name(), managed.vm().memory().traffic());
      }
    }
    session.clock().schedule(UPHEAVAL_NANOS, this::upheaval);
  }

  private void disturb(ManagedVm managed) {
    if (random.nextInt(AUDIT_ONE_IN) == 0) {
      errors.addAll(TableAudit.findings(managed.vm(), false));
    }
    if (scenario.swap) {
      managed.vm().memory().evict(random.nextInt(scenario.evicted + 1));
    }
    long first = managed.vm().memory().base() >>> 12;
    int gfns = (int) (managed.vm().memory().size() >>> 12);
    for (int i = 0; i < 20 && session.manager().free() > 1 << 20; i++) {
      managed.vm().memory().move(first + random.nextInt(gfns));
      managed.vm().memory().revoke(first + random.nextInt(gfns));
    }
    if (scenario.balloon && random.nextInt(20) == 0) {
      long spare = (long) (scenario.guestMib - scenario.patternMib - 64) << 20;
      managed.fixBalloon(random.nextBoolean() ? -1 : random.nextLong(Math.max(1, spare)));
    }
  }

  /** Gathers what one guest's program prints. */
  private final class Output implements AgentChannel.Follower {
    private final String name;
    private final StringBuilder text = new StringBuilder();

    Output(String name) {
      this.name = name;
    }

    @Override
    public void printed(byte[] bytes) {
      text.append(new String(bytes, StandardCharsets.UTF_8));
    }

    @Override
    public void ended(int status) {
      session.clock().post(() -> done(name, text.toString(), status));
    }

    @Override
    public void lost() {
      session.clock().post(() -> done(name, text.toString(), -1));
    }
  }

  private void done(String name, String output, int status) {
    outputs.put(name, output.strip());
    Matcher result = RESULT.matcher(output);
    if (status == 0 && result.find() && result.group(3).equals("0")) {
      passes = Math.min(passes, Integer.parseInt(result.group(1)));
      verified += Long.parseLong(result.group(2));
    } else {
      String console = new String(session.vm(name).console().tail(), StandardCharsets.UTF_8);
      errors.add(name + " ended with status " + status + ": " + output + "\n" + console);
    }
    if (outputs.size() == scenario.guests + scenario.clones) {
      session.stop();
    }
  }

  /** Invariant 9: everything adds up. */
  private void check(Snapshot snapshot) {
    MachineSnapshot machine = snapshot.machine();
    long guest = 0;
    for (VmSnapshot vm : snapshot.vms()) {
      long sum = vm.privateBytes() + vm.shared() + vm.swapped() + vm.ballooned() + vm.unpopulated();
      if (sum != vm.configured()) {
        errors.add(vm.toString());
      }
      guest += vm.privateBytes() + vm.shared();
    }
    long sum =
        machine.free() + machine.guest() + machine.tables() + machine.cache() + machine.reserve();
    if (sum != machine.total() || guest != machine.guest() + machine.saved()) {
      errors.add(machine + ", guests " + guest);
    }
  }

  /** Of each page that was looked at exactly one thing came. */
  private void check(ScanCounters scanned) {
    long came =
        scanned.zeroDropped()
            + scanned.skippedVolatile()
            + scanned.known()
            + scanned.hinted()
            + scanned.merged()
            + scanned.failed();
    if (came != scanned.scanned()) {
      errors.add(scanned.toString());
    }
  }
}
