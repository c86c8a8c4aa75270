package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.image.MirrorOptions;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.Walks;
import dev.quire.monitor.explain.TableAudit;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sharing.Scanner;
import dev.quire.monitor.sharing.Sharing;
import dev.quire.monitor.vcpu.FenceRange;
import dev.quire.monitor.vcpu.GuestCpu;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Linux boots and works under every method while the P2M changes underneath and equal pages come to
 * share frames, and completes the same instructions and prints the same bytes as undisturbed on the
 * bare machine. No walk cache is on, so that a walk's length can be told.
 */
class PagingGuestTest {
  private static final long MEMORY = 128L << 20;
  private static final int LEVELS = 4;

  private static final String COMMAND =
      """
      for i in 1 2 3 4 5 6 7 8; do ls -lR /bin /dev | md5sum; done
      head -c 3000000 /dev/zero | tr '\\0' x > /tmp/x; md5sum < /tmp/x
      (seq 3000 | sort | md5sum) & (seq 3000 | md5sum); wait
      """;

  /** What the guest did. */
  private record Done(int status, String output, String console, long instructions) {}

  private static final class Undisturbed {
    static final Done NATIVE = run(PagingChoice.NATIVE, vm -> {}).done();

    private Undisturbed() {}
  }

  private record Result(Done done, Walks walks) {}

  /** Something to be done with a VM before it runs. */
  private interface Preparation {
    void apply(VirtualMachine vm);
  }

  private static Result run(PagingChoice paging, Preparation preparation) {
    GuestFiles files =
        GuestFiles.prepare(GuestFiles.Request.ofDebian(MEMORY, Map.of()), MirrorOptions.DEFAULT);
    VmConfig config =
        new VmConfig.Builder(files.kernel())
            .initrd(files.initrd())
            .memory(MEMORY)
            .append("console=ttyS0 panic=-1 " + GuestCommand.FAST_BOOT)
            .paging(paging)
            .mmu(TlbOption.parse("vspwc=0,gpwc=0,nested=0"))
            .build();
    GuestConsole console = GuestConsole.kept(true);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (GuestRun run = new GuestRun(config, console, COMMAND, output::write)) {
      preparation.apply(run.vm());
      int status = run.exec();
      Done done =
          new Done(
              status,
              output.toString(StandardCharsets.UTF_8),
              new String(console.bytes(), StandardCharsets.UTF_8),
              run.vm().instructions());
      return new Result(done, run.vm().walks());
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void linuxNoticesNothing(PagingChoice paging) {
    Upheaval[] upheaval = new Upheaval[1];
    Result result = run(paging, vm -> upheaval[0] = new Upheaval(vm, paging.name().hashCode()));
    assertThat(result.done).isEqualTo(Undisturbed.NATIVE);
    assertThat(result.done.status).isZero();
    assertThat(upheaval[0].times).isGreaterThan(50);
    upheaval[0].checkSharing();
    int longest = paging == PagingChoice.NESTED ? (LEVELS + 1) * (LEVELS + 1) - 1 : LEVELS;
    assertThat(result.walks.histogram().lastKey()).isEqualTo(longest);
  }

  /**
   * Frames are moved, revoked and shared, and what the MMU can reach is looked through, now and
   * then.
   */
  private static final class Upheaval {
    private static final long LONGEST_PAUSE_NANOS = 6_000_000;
    private static final int FRAMES = 1000;
    private static final int AUDIT_EVERY = 12;
    private static final int SCANNED = 1000;

    private final VirtualMachine vm;
    private final Random random;
    private final Scanner scanner;
    private int times;

    Upheaval(VirtualMachine vm, long seed) {
      this.vm = vm;
      this.random = new Random(seed);
      this.scanner =
          new Scanner(
              new Sharing(Sharing.Mode.GROUP, Sharing.Order.RANDOM, new Sharing.Pace.Rate(1), seed),
              vm.machineMemory(),
              vm.frames());
      scanner.add(vm.memory(), Runnable::run);
      schedule();
    }

    private void schedule() {
      vm.clock().schedule(random.nextLong(LONGEST_PAUSE_NANOS), this::change);
    }

    private void change() {
      if (++times % AUDIT_EVERY == 0) {
        audit(false);
        for (GuestCpu cpu : vm.vcpus()) {
          cpu.fenceAddresses(cpu, new FenceRange(0, -1, false, 0));
        }
        audit(true);
      }
      GuestMemory memory = vm.memory();
      long start = memory.base() >>> 12;
      int gfns = (int) (memory.size() >>> 12);
      int at = random.nextInt(gfns);
      boolean together = random.nextBoolean();
      for (int i = random.nextInt(FRAMES); i >= 0; i--) {
        long gfn = start + (together ? (at + i) % gfns : random.nextInt(gfns));
        if (random.nextInt(3) > 0) {
          memory.move(gfn);
        } else {
          memory.revoke(gfn);
        }
      }
      scanner.scan(SCANNED);
      schedule();
    }

    /** Pages were merged, and written again. */
    void checkSharing() {
      PageTraffic traffic = vm.memory().traffic();
      assertThat(scanner.counters().merged()).isGreaterThan(500);
      assertThat(scanner.counters().zeroDropped()).isGreaterThan(5_000);
      assertThat(traffic.breaks() + traffic.reused()).isGreaterThan(200);
    }

    private void audit(boolean fenced) {
      assertThat(TableAudit.findings(vm, fenced)).isEmpty();
    }
  }
}
