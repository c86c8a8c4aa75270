package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.cli.GuestCommand;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.run.PrintedText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real guest with proxy memory reads and writes a disk of numbers, and verifies each block, while
 * another of its programs verifies numbers in memory. At once pages are shared, swapped, moved and
 * ballooned, and it is cloned at its work. No block and no page may be wrong, nor may any block
 * that the cache gives differ from the disk's.
 */
class ProxyGuestTest {
  private static final int DISK_MIB = 32;
  private static final int BLOCK = 4096;
  private static final long STEP = 0x9e3779b97f4a7c15L;
  private static final long LOOK_NANOS = 50_000_000;
  private static final long CLONED_AFTER_NANOS = 300_000_000;

  private static final String COMMAND =
      """
      exec 3</dev/vda
      pattern 12 --ms 1200 --pause 20 --alike 8 >/tmp/pattern & pattern=$!
      reader /dev/vda %d --order zipf --skew 70 --reads 25000 --writes 5 --check yes >/tmp/reader
      echo reader ended with $? >>/tmp/reader
      wait $pattern
      tail -n 2 /tmp/pattern /tmp/reader
      """
          .formatted(DISK_MIB);

  @TempDir private Path folder = Path.of("");

  private final Random random = new Random(1);
  private final Map<String, String> outputs = new TreeMap<>();
  private final Map<String, ProxyCounters> proxies = new TreeMap<>();
  private PageTraffic traffic = PageTraffic.NONE;

  /** The disk has what the program expects at first. */
  private Path disk() throws IOException {
    ByteBuffer content = ByteBuffer.allocate(DISK_MIB << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (long block = 0; content.hasRemaining(); block++) {
      long word = new SplittableRandom(block).nextLong();
      for (int i = 0; i < BLOCK / Long.BYTES; i++, word += STEP) {
        content.putLong(word);
      }
    }
    return Files.write(folder.resolve("disk.img"), content.array());
  }

  private HostConfig config(String paging) throws IOException {
    String file =
        """
        [machine]
        memory = "272M"
        clock = "instructions"
        [manager]
        period = "500ms"
        sharing = "group"
        scan_rate = 200_000
        [[vm]]
        name = "first"
        group = "all"
        memory = "160M"
        min = "64M"
        paging = "%s"
        append = "%s"
        disk = "%s,cow"
        proxy = "112M"
        proxy_adapts = false
        proxy_check = true
        """
            .formatted(paging, GuestCommand.FAST_BOOT, disk());
    return HostFile.parse(file, "host.toml", Path.of(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nested", "shadow-eager", "shadow-unsync", "shadow-lazy", "protected"})
  @Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void noBlockAndNoPageIsWrong(String paging) throws IOException {
    HostSession.Boot boot = DebianGuest.bootWithDisks(160 << 20);
    try (HostSession session = new HostSession(config(paging), vm -> boot)) {
      session.clock().schedule(LOOK_NANOS, () -> begin(session));
      session.run();
      assertThat(outputs.keySet()).containsExactly("clone-1", "first");
      assertThat(outputs.values())
          .allSatisfy(
              output ->
                  assertThat(output)
                      .contains("wrong 0 bytes", "wrong 0 blocks", "reader ended with 0"));
      assertThat(session.manager().scanned().merged()).isGreaterThan(1000);
    }
    String seen = proxies + " " + traffic;
    for (ProxyCounters proxy : proxies.values()) {
      assertThat(proxy.hits()).as(seen).isPositive();
      assertThat(proxy.checked()).as(seen).isGreaterThanOrEqualTo(proxy.hits());
      assertThat(proxy.wrong()).as(seen).isZero();
    }
    ProxyCounters first = Objects.requireNonNull(proxies.get("first"));
    assertThat(first.hits()).as(seen).isGreaterThan(500);
    assertThat(first.falseEvictions()).as(seen).isPositive();
    assertThat(traffic.swappedIn()).as(seen).isGreaterThan(100);
    assertThat(traffic.breaks()).as(seen).isGreaterThan(100);
  }

  private void begin(HostSession session) {
    HostedVm vm = session.vms().getFirst();
    if (vm.state() != VmState.RUNNING) {
      session.clock().schedule(LOOK_NANOS, () -> begin(session));
      return;
    }
    vm.agent().submit(COMMAND, output(session, vm.name()));
    session.clock().schedule(CLONED_AFTER_NANOS, () -> copy(session));
    disturb(session);
  }

  /** Its own command ends unheard; the next one is done after it. */
  private void copy(HostSession session) {
    List<GuestCopies.Made> made =
        new GuestCopies(session).clone(session.vms().getFirst(), 1, "clone");
    HostedVm clone = made.getFirst().vm();
    clone.agent().submit("tail -n 2 /tmp/pattern /tmp/reader", output(session, clone.name()));
  }

  private void disturb(HostSession session) {
    for (HostedVm vm : session.vms()) {
      ManagedVm managed = session.managed(vm.name());
      if (managed != null && vm.state() == VmState.RUNNING) {
        managed.vm().clock().whileStopped(() -> disturb(managed));
        proxies.put(vm.name(), Objects.requireNonNull(managed.vm().proxy()).counters());
      }
    }
    traffic = Objects.requireNonNull(session.managed("first")).vm().memory().traffic();
    if (outputs.size() == 2) {
      session.cut();
    } else {
      session.clock().schedule(LOOK_NANOS, () -> disturb(session));
    }
  }

  private void disturb(ManagedVm managed) {
    GuestMemory memory = managed.vm().memory();
    memory.evict(random.nextInt(100));
    long first = memory.base() >>> 12;
    int gfns = (int) (memory.size() >>> 12);
    for (int i = 0; i < 20; i++) {
      memory.move(first + random.nextInt(gfns));
      memory.revoke(first + random.nextInt(gfns));
    }
    if (random.nextInt(10) == 0) {
      managed.fixBalloon(random.nextBoolean() ? -1 : random.nextLong(48 << 20));
    }
  }

  /** Gathers what one guest's program prints. */
  private PrintedText output(HostSession session, String name) {
    return new PrintedText(text -> session.clock().post(() -> outputs.put(name, text)));
  }
}
