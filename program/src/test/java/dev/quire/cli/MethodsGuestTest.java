package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.compare.Workload;
import dev.quire.image.MirrorOptions;
import dev.quire.image.Progress;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.Counters;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Invariant 6: a Linux guest with one vCPU that boots and runs five programs completes the same
 * instructions and prints the same bytes under native and under every paging method.
 */
class MethodsGuestTest {
  private static final long MEMORY = 256 << 20;

  private static final String COMMAND =
      "/quire/forkexec 30 64 && /quire/mmap 10 && /quire/chase 16 200000 && /quire/pipe 500"
          + " && /quire/syscalls 5000";

  /** A level each, at most; only nested paging walks more than one table. */
  private static final int LONGEST_SINGLE_WALK = 4;

  /**
   * What can be seen of a run from outside.
   *
   * @param console a hash of what the kernel printed, times included
   */
  private record Seen(int status, String output, int console, long instructions) {}

  private static VmConfig.Builder guest() {
    Map<String, byte[]> programs = new TreeMap<>();
    for (Workload workload : Workload.values()) {
      if (workload != Workload.SQLITE) {
        programs.putAll(workload.files(MirrorOptions.DEFAULT, Progress.SILENT));
      }
    }
    GuestFiles files =
        GuestFiles.prepare(GuestFiles.Request.ofDebian(MEMORY, programs), MirrorOptions.DEFAULT);
    return new VmConfig.Builder(files.kernel())
        .initrd(files.initrd())
        .memory(MEMORY)
        .append("console=ttyS0 panic=-1 " + GuestCommand.FAST_BOOT);
  }

  private static Seen run(VmConfig config) {
    GuestConsole console = GuestConsole.kept(true);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (GuestRun run = new GuestRun(config, console, COMMAND, output::write)) {
      int status = run.exec();
      Counters counters = run.counters();
      if (config.paging() != PagingChoice.NESTED) {
        assertThat(counters.walks().histogram().lastKey())
            .as("longest walk under " + config.paging().word())
            .isLessThanOrEqualTo(LONGEST_SINGLE_WALK);
      }
      return new Seen(
          status,
          output.toString(StandardCharsets.UTF_8),
          Arrays.hashCode(console.bytes()),
          counters.instructions());
    }
  }

  @Test
  void theSameInstructionsAndBytesUnderEveryMethod() {
    VmConfig.Builder guest = guest();
    Seen bare = run(guest.paging(PagingChoice.NATIVE).build());
    assertThat(bare.output().lines().toList())
        .isEqualTo(
            List.of(
                "forkexec: sum of the children's statuses 210",
                "mmap: sum of all pages 2560",
                "chase: times around the cycle 48",
                "pipe: the byte is 244",
                "syscalls: the same answer 5000 times"));
    assertThat(bare.status()).isZero();
    for (PagingChoice paging : PagingChoice.values()) {
      if (paging != PagingChoice.NATIVE) {
        assertThat(run(guest.paging(paging).build())).as(paging.word()).isEqualTo(bare);
      }
    }
  }
}
