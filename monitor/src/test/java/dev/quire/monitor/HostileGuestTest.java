package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.PowerControl;
import dev.quire.monitor.paging.PagingChoice;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests of random instructions and arguments: whatever they do, the monitor goes on. */
class HostileGuestTest {
  private static final int WORDS = 4000;
  private static final int[] OPCODES = {
    0x73, 0x73, 0x73, 0x03, 0x23, 0x2f, 0x0f, 0x13, 0x33, 0x37, 0x17, 0x07, 0x27, 0x53, 0x6f, 0x63
  };
  private static final long[] EXTENSIONS = {
    0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x4442434e, 0x504d55, 1
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void randomInstructionsHurtNobody(long seed) throws InterruptedException {
    Random random = new Random(seed);
    Program program = new Program().skipFaults();
    // Every other program turns translation on, with whatever lies at its root.
    if (seed % 2 == 0) {
      program.li(Program.T1, 8L << 60 | Program.START >>> 12).csrw(0x180, Program.T1);
    }
    for (int i = 0; i < WORDS; i++) {
      int opcode = OPCODES[random.nextInt(OPCODES.length)];
      program.raw(random.nextInt() & ~0x7f | opcode);
    }
    runFor(program, 150, seed % 3 != 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void randomCallsHurtNobody(long seed) throws InterruptedException {
    Random random = new Random(seed);
    Program program = new Program().skipFaults();
    for (int i = 0; i < 300; i++) {
      long[] arguments = new long[6];
      for (int k = 0; k < arguments.length; k++) {
        arguments[k] = argument(random);
      }
      long extension = EXTENSIONS[random.nextInt(EXTENSIONS.length)];
      // Stopping itself would end the test early.
      int function = extension == 0x48534d ? 2 * random.nextInt(2) : random.nextInt(5);
      program.sbi(extension, function, arguments);
    }
    runFor(program.powerOff(), 2000, seed % 2 == 0);
  }

  /** Tables of all kinds, changed by four harts without a care, and frames that move meanwhile. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void lawlessTablesReachNothingElse(PagingChoice paging) throws InterruptedException {
    for (long seed = 1; seed <= 6; seed++) {
      long kernel = seed;
      Program program = RandomKernel.lawless(seed, 3 + (int) seed % 3, 4).build(2000);
      try (Guest guest =
          new Guest(
              program,
              options ->
                  options
                      .paging(paging)
                      .cpus(4)
                      .updatesAd(kernel % 3 == 1)
                      .largePages(kernel % 2 == 1))) {
        Upheaval upheaval = new Upheaval(guest.vm(), seed, 2000, 100).begin();
        runFor(guest, 200);
        assertThat(upheaval.times()).isPositive();
        Upheaval.audit(guest.vm(), false);
      }
    }
  }

  /** The same on four threads. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void lawlessTablesOnFourThreadsReachNothingElse(PagingChoice paging) throws InterruptedException {
    for (long seed = 1; seed <= 4; seed++) {
      Program program = RandomKernel.lawless(seed, 3, 4).build(2000);
      try (Guest guest =
          new Guest(program, options -> options.paging(paging).cpus(4).countsInstructions(false))) {
        Random random = new Random(seed);
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Void> mover =
            CompletableFuture.runAsync(() -> disturb(guest.vm(), random, ended));
        runFor(guest, 200);
        ended.set(true);
        mover.join();
      }
    }
  }

  private static void disturb(VirtualMachine vm, Random random, AtomicBoolean ended) {
    while (!ended.get()) {
      Upheaval.shuffle(vm, random, 10);
      if (random.nextInt(50) == 0) {
        assertThat(vm.whileStopped(() -> Upheaval.findings(vm, false))).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PagingChoice.class)
  void tablesWhereThereIsNoMemoryHurtNobody(PagingChoice paging) throws InterruptedException {
    long[] places = {
      GuestLayout.UART, GuestLayout.PLIC, 0, 0x2000_0000L, 1L << 55, GuestLayout.RAM - 4096
    };
    for (long place : places) {
      Program program = new Program().skipFaults().li(Program.T1, 8L << 60 | place >>> 12);
      program.csrw(0x180, Program.T1).raw(0x12000073).powerOff();
      try (Guest guest = new Guest(program, options -> options.paging(paging))) {
        runFor(guest, 40);
        Upheaval.audit(guest.vm(), false);
      }
    }
  }

  private static long argument(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(4);
      case 2 -> -1L >>> random.nextInt(64);
      case 3 -> GuestLayout.RAM + random.nextInt(32 << 20);
      default -> 1L << random.nextInt(64);
    };
  }

  private static void runFor(Program program, long millis, boolean countsInstructions)
      throws InterruptedException {
    try (Guest guest =
        new Guest(program, options -> options.cpus(2).countsInstructions(countsInstructions))) {
      runFor(guest, millis);
    }
  }

  private static void runFor(Guest guest, long millis) throws InterruptedException {
    Thread stopper =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Thread.sleep(millis);
                  } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                  }
                  guest.vm().stop(0);
                });
    PowerControl.Request end = guest.run();
    stopper.interrupt();
    stopper.join();
    assertThat(end).isNotNull();
    assertThat(guest.vm().memory().resident()).isLessThanOrEqualTo(16 << 20);
  }
}
