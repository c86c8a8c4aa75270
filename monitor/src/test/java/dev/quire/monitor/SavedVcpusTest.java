package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.A1;
import static dev.quire.monitor.Program.S0;
import static dev.quire.monitor.Program.S1;
import static dev.quire.monitor.Program.T0;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** vCPUs that start, wait and stop, timers and interrupts: all goes on from a saved state. */
class SavedVcpusTest {
  private static final long HSM = 0x48534d;
  private static final long IPI = 0x735049;
  private static final int START = 0;
  private static final int STOP = 1;
  private static final int STATUS = 2;
  private static final int SUSPEND = 3;
  private static final long RETENTIVE = 0;
  private static final long NON_RETENTIVE = 0xffff_ffff_8000_0000L;
  private static final int STOPPED = 1;
  private static final int SUSPENDED = 4;

  private static final int SIE = 0x104;
  private static final int SIP = 0x144;
  private static final int STIMECMP = 0x14d;
  private static final int TIME = 0xc01;
  private static final int SSI = 1 << 1;
  private static final int STI = 1 << 5;
  private static final int SEI = 1 << 9;

  private static final long SECOND = Program.START + 0x1000;
  private static final long THIRD = Program.START + 0x2000;

  /** Until hart 1 is in that state. */
  private static Program await(Program program, int state) {
    program.sbi(HSM, STATUS, 1).addi(A1, A1, -state);
    return program.loopWhileNotZeroBehindCall(A1);
  }

  private static Program interrupt(Program program) {
    return program.sbi(IPI, 0, 2, 0);
  }

  /**
   * Hart 0 leads hart 1 through all states: it starts, counts, suspends twice, stops, and starts
   * again to wait.
   */
  private static Program states() {
    Program first = new Program().sbi(HSM, START, 1, SECOND, 77);
    interrupt(await(first, SUSPENDED));
    first.li(T1, Program.RESULTS).load(3, S0, T1, 8).loopWhileZeroBehind(S0);
    interrupt(await(first, SUSPENDED));
    await(first, STOPPED).sbi(HSM, START, 1, THIRD, 99);
    await(first, STOPPED).powerOff();

    Program second = new Program().keep(A1, 0).li(A0, SSI).csrw(SIE, A0).li(S1, 900);
    second.addi(S1, S1, -1).loopWhileNotZero(S1, -4);
    second.sbi(HSM, SUSPEND, RETENTIVE).li(A0, 0).csrw(SIP, A0).li(S0, 1).keep(S0, 1);
    second.sbi(HSM, SUSPEND, NON_RETENTIVE, THIRD, 88);

    // Whoever comes here waits for its timer, keeps its opaque value, and stops.
    Program third = new Program().addi(S0, A1, 0).csrr(T0, TIME).addi(T0, T0, 30);
    third.csrw(STIMECMP, T0).li(T1, STI).csrw(SIE, T1).wfi().csrr(T1, SIP);
    third.li(T2, Program.RESULTS).load(3, A0, T2, 16).addi(A0, A0, 1).keep(A0, 2);
    third.keep(T1, 3).keep(S0, 4).sbi(HSM, STOP);
    return first.padTo(SECOND).append(second).padTo(THIRD).append(third);
  }

  private static List<Long> results(Guest guest, int count) {
    return LongStream.range(0, count).map(slot -> guest.result((int) slot)).boxed().toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  @Timeout(60)
  void allStatesOfAHartGoOn(long seed) {
    Random random = new Random(seed);
    PagingChoice[] methods = PagingChoice.values();
    Guest guest = new Guest(states(), builder -> builder.cpus(2));
    int moves = 0;
    for (; ; moves++) {
      SavedGuest saved = SavedGuest.after(guest, 1L + random.nextInt(600));
      guest.run();
      if (!saved.isTaken()) {
        break;
      }
      guest.close();
      PagingChoice paging = methods[1 + random.nextInt(methods.length - 1)];
      guest = saved.goOn(builder -> builder.cpus(2).paging(paging));
    }
    assertThat(results(guest, 5)).containsExactly(77L, 1L, 2L, (long) STI, 99L);
    assertThat(moves).isGreaterThan(5);
    guest.close();
  }

  /** Waits for a new generation, and keeps the interrupt's number and the ids before and after. */
  private static Program generations() {
    long context = GuestLayout.PLIC + 0x200000;
    Program program = new Program().li(T1, GuestLayout.GENERATION).load(3, S0, T1, 0).keep(S0, 0);
    program.li(T1, GuestLayout.PLIC + 4 * GuestLayout.GENERATION_SOURCE).li(A0, 1);
    program.store(2, A0, T1, 0).li(T1, GuestLayout.PLIC + 0x2000);
    program.li(A0, 1 << GuestLayout.GENERATION_SOURCE).store(2, A0, T1, 0);
    program.li(A0, SEI | STI).csrw(SIE, A0).wfi().li(T1, context).load(2, A0, T1, 4).keep(A0, 1);
    program.li(T1, GuestLayout.GENERATION).load(3, S0, T1, 0).keep(S0, 2);
    program.li(T1, context).store(2, A0, T1, 4).load(2, A0, T1, 4).keep(A0, 3);
    return program.powerOff();
  }

  @Test
  void theGuestIsToldOfANewGeneration() {
    UnaryOperator<VmConfig.Builder> options = builder -> builder.seed(5);
    List<List<Long>> all = new ArrayList<>();
    try (Guest guest = new Guest(generations(), options)) {
      SavedGuest saved = SavedGuest.after(guest, 100_000);
      guest.run();
      for (int i = 0; i < 2; i++) {
        try (Guest copy = saved.goOn(builder -> builder.seed(6))) {
          copy.vm().newGeneration();
          copy.run();
          all.add(results(copy, 4));
        }
      }
    }
    assertThat(all.get(0)).isEqualTo(all.get(1));
    assertThat(all.getFirst().get(0)).isNotZero().isNotEqualTo(all.getFirst().get(2));
    assertThat(all.getFirst().get(1)).isEqualTo(GuestLayout.GENERATION_SOURCE);
    assertThat(all.getFirst().get(3)).as("claimed again").isZero();
  }

  /** Keeps the time, waits for some milliseconds, and keeps it again. */
  private static Program sleeper() {
    Program program = new Program().csrr(S0, TIME).keep(S0, 0).li(T0, 3_000_000).li(T1, STI);
    program.raw(S0 << 20 | T0 << 15 | T0 << 7 | 0x33).csrw(STIMECMP, T0).csrw(SIE, T1);
    return program.wfi().csrr(S0, TIME).keep(S0, 1).powerOff();
  }

  @Test
  @Timeout(60)
  void theGuestsTimeStandsStillMeanwhile() throws InterruptedException {
    UnaryOperator<VmConfig.Builder> hostTime = builder -> builder.countsInstructions(false);
    try (Guest guest = new Guest(sleeper(), hostTime)) {
      Thread running = Thread.ofPlatform().start(guest::run);
      Thread.sleep(100);
      SavedGuest saved = SavedGuest.of(guest);
      running.join();
      Thread.sleep(400);
      long begin = System.nanoTime();
      try (Guest copy = saved.goOn(hostTime)) {
        copy.run();
        assertThat(System.nanoTime() - begin).isGreaterThan(20_000_000);
        assertThat(copy.result(1) - copy.result(0)).isBetween(3_000_000L, 6_000_000L);
      }
    }
  }
}
