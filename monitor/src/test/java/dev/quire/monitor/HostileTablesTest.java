package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.A1;
import static dev.quire.monitor.Program.T1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.PowerControl;
import dev.quire.monitor.explain.TableAudit;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Four vCPUs that write garbage into the tables they run on, of each other as well: links to
 * themselves, to devices, to nothing, superpages of tables; that storm satp and rarely fence. The
 * guest may die of it. The monitor goes on, and the hardware's tables lead nowhere else.
 */
class HostileTablesTest {
  private static final int CPUS = 4;
  private static final int FRAMES = 12;
  private static final long TABLES = GuestLayout.RAM + (4 << 20);

  /** Roots, whose third entry keeps the code mapped as long as nobody spoils it. */
  private static final long ROOTS = GuestLayout.RAM + (6 << 20);

  private static final int SATP = 0x180;
  private static final int STEPS = 1500;
  private static final int MILLIS = 250;

  /** At a vCPU's own place in the code. */
  private static final int SPACE = 0x40000;

  record Case(PagingChoice paging, long seed, boolean countsInstructions) {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (PagingChoice paging : PagingChoice.values()) {
      for (long seed = 1; seed <= 3; seed++) {
        cases.add(new Case(paging, seed, seed == 2));
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void garbageHurtsNobodyElse(Case which) throws InterruptedException {
    Random random = new Random(which.seed);
    Program program = new Program();
    for (int cpu = 1; cpu < CPUS; cpu++) {
      program.sbi(0x48534d, 0, cpu, Program.START + (long) cpu * SPACE, 0);
    }
    for (int cpu = 0; cpu < CPUS; cpu++) {
      program.padTo(Program.START + (long) cpu * SPACE);
      storm(program, random);
    }
    try (Guest guest =
        new Guest(
            program,
            options ->
                options
                    .paging(which.paging)
                    .cpus(CPUS)
                    .updatesAd(which.seed == 3)
                    .countsInstructions(which.countsInstructions))) {
      Thread stopper = Thread.ofVirtual().start(() -> stopLater(guest));
      PowerControl.Request end = guest.run();
      stopper.interrupt();
      stopper.join();
      assertThat(end).isNotNull();
      for (GuestCpu cpu : guest.vm().vcpus()) {
        var _ = cpu.hart().run(0); // what it was asked to do before its next instruction
      }
      assertThat(TableAudit.findings(guest.vm(), false)).isEmpty();
    }
  }

  private static void stopLater(Guest guest) {
    try {
      Thread.sleep(MILLIS);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
    guest.vm().stop(0);
  }

  // ---- the program -----------------------------------------------------------------------------

  /** Without end. */
  private static void storm(Program program, Random random) {
    program.skipFaults();
    for (int i = 0; i < CPUS; i++) {
      set(program, ROOTS + 4096L * i, 2, GuestLayout.RAM >>> 2 | 0xcf);
    }
    long start = program.here();
    for (int i = 0; i < STEPS; i++) {
      step(program, random);
    }
    // jalr x0, 0(t1)
    program.li(T1, start).raw(T1 << 15 | 0x67);
  }

  private static void step(Program program, Random random) {
    switch (random.nextInt(10)) {
      case 0 -> {
        boolean deadly = random.nextInt(2 * STEPS) == 0;
        long root = deadly ? frame(random.nextInt(FRAMES)) : root(random);
        long asid = (long) random.nextInt(4) << 44;
        program.li(A0, 8L << 60 | asid | root >>> 12).csrw(SATP, A0);
      }
      case 1 -> program.li(A1, random.nextInt(4)).raw(0x12000073 | A1 << 20);
      case 2, 3 -> set(program, root(random), 3 + random.nextInt(4), entry(random));
      case 4, 5 -> {
        set(program, frame(random.nextInt(FRAMES)), random.nextInt(8), entry(random));
      }
      default -> {
        program.li(T1, address(random)).li(A0, random.nextLong());
        program.raw(access(random) | T1 << 15);
      }
    }
  }

  private static long root(Random random) {
    return ROOTS + 4096L * random.nextInt(CPUS);
  }

  private static long frame(int number) {
    return TABLES + 4096L * number;
  }

  private static void set(Program program, long table, int index, long entry) {
    program.li(A0, entry).li(T1, table + 8L * index).store(3, A0, T1, 0);
  }

  private static long entry(Random random) {
    long table = frame(random.nextInt(FRAMES)) >>> 2;
    return switch (random.nextInt(9)) {
      case 0 -> random.nextLong();
      case 1 -> GuestLayout.UART >>> 2 | 0xcf;
      case 2 -> GuestLayout.PLIC >>> 2 | 1;
      case 3 -> TABLES >>> 2 | 0xcf;
      case 4 -> table | 0xc7 | random.nextInt(64);
      case 5 -> (GuestLayout.RAM + random.nextInt(40 << 20)) >>> 12 << 10 | 0xcf;
      default -> table | 1;
    };
  }

  private static long address(Random random) {
    long gva = 0;
    for (int level = 0; level < 3; level++) {
      gva |= (3L + random.nextInt(4)) << 12 + 9 * level;
    }
    int offset = random.nextInt(4) == 0 ? random.nextInt(4096) : 8 * (2 + random.nextInt(5));
    return (random.nextInt(5) == 0 ? frame(random.nextInt(FRAMES)) : gva) + offset;
  }

  /** A load, a store, an AMO, LR, SC or CBO.ZERO; the base register is to be added. */
  private static int access(Random random) {
    int data = A0 << 7;
    int source = A0 << 20;
    return switch (random.nextInt(6)) {
      case 0 -> random.nextInt(7) << 12 | data | 0x03;
      case 1, 2 -> source | random.nextInt(4) << 12 | 0x23;
      case 3 -> random.nextInt(4) << 27 | source | 3 << 12 | data | 0x2f;
      case 4 -> 4 << 20 | 2 << 12 | 0x0f;
      default -> 0x01 << 27 | source | 2 << 12 | data | 0x2f;
    };
  }
}
