package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The program that verifies memory finds what is wrong in it, and only that. */
class PatternGuestTest {
  private static final long PAGE = 4096;

  private record Done(int status, String output) {}

  private static Done run(String command, Consumer<VirtualMachine> preparation) throws IOException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    GuestConsole console = GuestConsole.kept(false);
    try (GuestRun run = new GuestRun(DebianGuest.config(), console, command, output::write)) {
      preparation.accept(run.vm());
      int status = run.exec();
      return new Done(status, output.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void everyWayOfUsingMemoryIsVerified() throws IOException {
    Done done =
        run(
            """
            set -e
            pattern 8 --passes 5 --status /tmp/status
            cat /tmp/status
            pattern 8 --passes 5 --touch 25
            pattern 4 --passes 5 --file /tmp/pages --seed 3
            pattern 4 --passes 2 --alike 8 --seed 5
            pattern 4 --ms 200 --grow 100
            ls /tmp
            pattern 4 --pause 20 & sleep 1; kill $!; wait $!
            pattern 1000 2>&1 || test $? = 2
            """,
            vm -> {});
    assertThat(done.output().replaceAll("\\d+ ms", "- ms").lines())
        .hasSize(9)
        .startsWith(
            "pattern: passes 5, verified 50331648 bytes, wrong 0 bytes, - ms",
            "passes 5, verified 50331648 bytes, wrong 0 bytes, - ms",
            "pattern: passes 5, verified 18874368 bytes, wrong 0 bytes, - ms",
            "pattern: passes 5, verified 25165824 bytes, wrong 0 bytes, - ms",
            "pattern: passes 2, verified 12582912 bytes, wrong 0 bytes, - ms")
        .endsWith("pattern: the memory is not to be had: error 12");
    assertThat(done.status()).isZero();
  }

  @Test
  void anotherByteOfAPageIsFound() throws IOException {
    Done done = run("pattern 4 --passes 2 --pause 1000", vm -> new Intruder(vm).schedule());
    assertThat(done.output().lines())
        .hasSize(2)
        .first()
        .asString()
        .matches(
            "pattern: page \\d+, offset 1232: expected 0x(.{14})[0-9a-f]{2}, found"
                + " 0x\\1[0-9a-f]{2}");
    assertThat(done.output()).contains("wrong 1 bytes");
    assertThat(done.status()).isOne();
  }

  /** Waits until the program sleeps on its filled pages, and changes a byte of one of them. */
  private static final class Intruder {
    private static final long LOOK_NANOS = 100_000_000;
    private static final int PAGES = 4 << 8;
    private static final long OFFSET = 1232;

    private final VirtualMachine vm;
    private List<Long> before = List.of();

    Intruder(VirtualMachine vm) {
      this.vm = vm;
    }

    void schedule() {
      vm.clock().schedule(LOOK_NANOS, this::look);
    }

    private void look() {
      try {
        List<Long> found = pages(vm.memory());
        if (found.size() >= PAGES && found.equals(before)) {
          long gpa = found.get(PAGES / 2) + OFFSET;
          vm.memory().writeNumber(gpa, 1, ~vm.memory().readNumber(gpa, 1));
        } else {
          before = found;
          schedule();
        }
      } catch (DmaFault e) {
        throw new AssertionError(e);
      }
    }

    /** Where the first words of a page go on as the program's do. */
    private static List<Long> pages(GuestMemory memory) throws DmaFault {
      List<Long> found = new ArrayList<>();
      for (long gpa = memory.base(); gpa < memory.base() + memory.size(); gpa += PAGE) {
        if (memory.populatedFrame(gpa >> 12) >= 0
            && memory.readLong(gpa + 32) - memory.readLong(gpa + 24) == 0x9e3779b97f4a7c15L) {
          found.add(gpa);
        }
      }
      return found;
    }
  }
}
