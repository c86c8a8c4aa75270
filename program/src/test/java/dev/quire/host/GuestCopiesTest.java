package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.PageCounts;
import dev.quire.save.SaveFile;
import dev.quire.save.SaveWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of a guest of a few instructions, at stated instants of the instruction clock. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuestCopiesTest {
  private static final long MILLI = 1_000_000;

  /** Counts in memory, over and over its second MiB, and prints x for each time through. */
  private static final int[] PROGRAM = {
    0x10000437, // lui s0, 0x10000: the serial port
    0x07800493, // li s1, 'x'
    0x00100537, // lui a0, 0x100
    0x00100593, // li a1, 1
    0x01f59593, // slli a1, a1, 31
    0x00a585b3, // add a1, a1, a0: RAM + 1 MiB
    0x00a58633, // add a2, a1, a0
    0x0005b683, // ld a3, (a1)
    0x00168693, // addi a3, a3, 1
    0x00d5b023, // sd a3, (a1)
    0x40058593, // addi a1, a1, 1024
    0xfec598e3, // bne a1, a2, back to ld
    0x00940023, // sb s1, (s0)
    0xfd5ff06f, // j back to lui a0
  };

  @TempDir private Path folder = Path.of("");

  private static HostSession session(String paging) {
    ByteBuffer program = ByteBuffer.allocate(4 * PROGRAM.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(PROGRAM).forEach(program::putInt);
    HostSession.Boot boot = new HostSession.Boot(new GuestFile("program", program.array()), null);
    String file =
        """
        [machine]
        memory = "64M"
        clock = "instructions"
        [[vm]]
        name = "source"
        memory = "16M"
        paging = "%s"
        """
            .formatted(paging);
    HostConfig config = HostFile.parse(file, "host.toml", Path.of(""));
    return new HostSession(config, entry -> boot);
  }

  /** What a guest has come to. */
  private record Seen(long instructions, int printed, PageCounts pages) {}

  private static Seen look(HostedVm vm) {
    VirtualMachine now = Objects.requireNonNull(vm.vm());
    PageCounts counts = now.memory().counts();
    int printed = vm.console().tail().length;
    return new Seen(now.instructions(), printed, counts);
  }

  /** What becomes of the source and two clones, by name. */
  private static Map<String, Seen> cloned(String paging) {
    Map<String, Seen> seen = new TreeMap<>();
    try (HostSession session = session(paging)) {
      GuestCopies copies = new GuestCopies(session);
      session.clock().schedule(5 * MILLI, () -> copies.clone(session.vm("source"), 2, "clone"));
      runAndLook(session, seen);
    }
    return seen;
  }

  /** Runs a host for 20 ms, and then sees what its guests came to. */
  private static void runAndLook(HostSession session, Map<String, Seen> seen) {
    session
        .clock()
        .schedule(
            20 * MILLI,
            () -> {
              session.vms().forEach(vm -> seen.put(vm.name(), look(vm)));
              session.cut();
            });
    session.run();
  }

  @Test
  void clonesRepeatAndDoWhatTheirSourceDoes() {
    for (String paging : new String[] {"nested", "shadow-lazy", "protected"}) {
      Map<String, Seen> seen = cloned(paging);
      assertThat(seen).containsOnlyKeys("source", "clone-1", "clone-2").isEqualTo(cloned(paging));
      Seen clone = Objects.requireNonNull(seen.get("clone-1"));
      assertThat(clone).isEqualTo(seen.get("clone-2"));
      assertThat(clone.pages().shared()).isPositive();
      assertThat(clone.printed())
          .isEqualTo(Objects.requireNonNull(seen.get("source")).printed())
          .isGreaterThan(100);
    }
  }

  @Test
  void aSavedGuestIsRestoredAsOftenAsOneLikes() {
    Path file = folder.resolve("source.save");
    Map<String, Seen> seen = new TreeMap<>();
    try (HostSession session = session("nested")) {
      GuestCopies copies = new GuestCopies(session);
      session
          .clock()
          .schedule(
              5 * MILLI,
              () -> {
                try (SaveWriter writer = SaveWriter.create(file, 16 << 20)) {
                  assertThat(copies.save(session.vm("source"), writer)).isPositive();
                  assertThat(writer.finish()).isPositive();
                }
                try (SaveFile save = SaveFile.open(file)) {
                  var _ = copies.restore(save, "first", null);
                  var _ = copies.restore(save, "second", null);
                }
              });
      runAndLook(session, seen);
    }
    assertThat(seen).containsOnlyKeys("source", "first", "second");
    Seen first = Objects.requireNonNull(seen.get("first"));
    assertThat(first).isEqualTo(seen.get("second"));
    assertThat(first.printed()).isEqualTo(Objects.requireNonNull(seen.get("source")).printed());
  }

  @Test
  void aRehearsalLeavesNothingBehind() {
    assertThatCode(CloneRehearsal::rehearse).doesNotThrowAnyException();
  }
}
