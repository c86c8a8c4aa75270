package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.image.MirrorOptions;
import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Linux's own driver does with the balloon what it is for. */
class BalloonGuestTest {
  private static final long MEMORY = 256L << 20;
  private static final int MIB_PAGES = 256;
  private static final int TARGET = 140 * MIB_PAGES;

  /**
   * Each {@code at} is an instant for the host to do something. 100 MiB of a tmpfs are written and
   * dropped; at once the balloon takes more than all the memory that was never used; later the same
   * 100 MiB are dropped with the balloon empty.
   */
  private static final String COMMAND =
      """
      at() { echo "[$1]"; sleep $2; }
      mount -t tmpfs -o size=110m tmpfs /mnt
      dd if=/dev/zero of=/mnt/x bs=1M count=100 2>/dev/null; rm /mnt/x
      at inflate 1
      at statistics 0.1
      cat /proc/meminfo
      at deflate 1
      grep balloon_ /proc/vmstat
      dd if=/dev/zero of=/mnt/x bs=1M count=100 2>/dev/null
      at drop 0; rm /mnt/x; sleep 10
      at end 0
      """;

  /** What the host saw at an instant, before it did anything. */
  private record Sight(int resident, int ballooned, int actual, BalloonStatistics statistics) {}

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final Map<String, Sight> sights = new LinkedHashMap<>();

  private void receive(VirtualMachine vm, byte[] bytes, int offset, int length) {
    output.write(bytes, offset, length);
    Matcher at = Pattern.compile("\\[(\\w+)]").matcher(text());
    while (at.find()) {
      String name = at.group(1);
      if (!sights.containsKey(name)) {
        act(vm, name);
      }
    }
  }

  private String text() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private void act(VirtualMachine vm, String name) {
    VirtioBalloon balloon = Objects.requireNonNull(vm.balloon());
    int resident = (int) (vm.memory().resident() >> 12);
    int ballooned = vm.memory().counts().ballooned();
    sights.put(name, new Sight(resident, ballooned, balloon.actual(), balloon.statistics()));
    switch (name) {
      case "inflate" -> balloon.target(TARGET);
      case "statistics" -> balloon.requestStatistics();
      case "deflate" -> balloon.target(0);
      default -> {}
    }
  }

  private Sight sight(String name) {
    return Objects.requireNonNull(sights.get(name));
  }

  /** A line of /proc/meminfo, in bytes. */
  private long meminfo(String name) {
    Matcher line = Pattern.compile("(?m)^" + name + ": +(\\d+) kB$").matcher(text());
    assertThat(line.find()).as(name).isTrue();
    return Long.parseLong(line.group(1)) << 10;
  }

  @Test
  void linuxGivesMemoryBack() {
    GuestFiles files =
        GuestFiles.prepare(GuestFiles.Request.ofDebian(MEMORY, Map.of()), MirrorOptions.DEFAULT);
    VmConfig config =
        new VmConfig.Builder(files.kernel())
            .initrd(files.initrd())
            .memory(MEMORY)
            .balloon(true)
            .append(
                "console=ttyS0 panic=-1 page_reporting.page_reporting_order=0 "
                    + GuestCommand.FAST_BOOT)
            .build();
    VirtualMachine[] vm = new VirtualMachine[1];
    try (GuestRun run =
        new GuestRun(
            config,
            GuestConsole.kept(true),
            COMMAND,
            (bytes, offset, length) -> receive(vm[0], bytes, offset, length))) {
      vm[0] = run.vm();
      assertThat(run.exec()).as(text()).isZero();
    }
    assertInflated();
    assertStatistics();
    assertDeflated();
    assertReported();
  }

  private void assertInflated() {
    assertThat(sight("inflate").actual).isZero();
    Sight after = sight("statistics");
    assertThat(after.actual).isEqualTo(TARGET);
    assertThat(after.ballooned).isEqualTo(TARGET);
    assertThat(sight("inflate").resident - after.resident).isGreaterThan(90 * MIB_PAGES);
  }

  private void assertStatistics() {
    BalloonStatistics said = sight("deflate").statistics;
    assertThat(said.nanos()).isGreaterThan(sight("inflate").statistics.nanos());
    assertThat(said.total()).isEqualTo(meminfo("MemTotal"));
    assertThat(said.free()).isCloseTo(meminfo("MemFree"), Offset.offset(2L << 20));
    assertThat(said.available()).isCloseTo(meminfo("MemAvailable"), Offset.offset(2L << 20));
    assertThat(said.diskCaches()).isCloseTo(meminfo("Cached"), Offset.offset(2L << 20));
    assertThat(said.minorFaults()).isGreaterThan(1000);
    assertThat(said.oomKills()).isZero();
  }

  private void assertDeflated() {
    assertThat(sight("drop").actual).isZero();
    assertThat(sight("drop").ballooned).isZero();
    assertThat(text()).contains("balloon_inflate " + TARGET, "balloon_deflate " + TARGET);
  }

  private void assertReported() {
    int returned = sight("drop").resident - sight("end").resident;
    assertThat(returned).isBetween(90 * MIB_PAGES, 110 * MIB_PAGES);
  }
}
