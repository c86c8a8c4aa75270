package dev.quire.monitor.vcpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.machine.time.Timeline;
import dev.quire.monitor.IdentityMemory;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.TableKeeper;
import dev.quire.monitor.paging.GuestWalk;
import dev.quire.monitor.vcpu.InstructionEmulator.Outcome;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random memory instructions, each done by the emulator and by the hart itself: the same registers,
 * memory, faults. One page is kept, so that the emulator sees another place for it than the hart.
 */
class InstructionEmulatorTest {
  private static final int ROUNDS = 6000;
  private static final long GVA = 0x40_0000;
  private static final int PAGES = 6;
  private static final int BASE_REGISTER = 8;

  private final IdentityMemory memory = new IdentityMemory(1 << 20);
  private final long root = memory.allocate();
  private final long satp = IdentityMemory.satp(3, root);
  private final long code = memory.allocate();
  private final long[] pages = new long[PAGES];
  private final Hart hart = newHart();
  private final InstructionEmulator emulator =
      new InstructionEmulator(
          hart, memory.guest, new AddressMap(), new GuestWalk(memory.guest, false));
  private final Kept kept = new Kept();
  private int done;
  private int faults;

  /** The last page's entries, elsewhere. */
  private final class Kept implements TableKeeper {
    final long[] entries = new long[512];

    @Override
    public long readEntry(long gpa) {
      return entries[(int) (gpa - pages[PAGES - 1]) / 8];
    }

    @Override
    public void writeEntry(long gpa, long value) {
      entries[(int) (gpa - pages[PAGES - 1]) / 8] = value;
    }
  }

  private Hart newHart() {
    Timeline still =
        new Timeline() {
          @Override
          public long now() {
            return 0;
          }

          @Override
          public void schedule(long delayNanos, Runnable action) {}
        };
    VcpuTime time = new VcpuTime(true, still);
    Isa isa = Isa.full();
    CodeCache cache = new CodeCache(memory.machine, isa);
    MmuConfig off = new MmuConfig(0, 0, 0, 0, 0);
    Hart made = new Hart(0, isa, time, off, memory.machine, new AddressMap(), cache);
    HartSetup.prepare(made);
    made.csrs().poke(CsrNumber.HEDELEG, 0);
    made.csrs().poke(CsrNumber.VSATP, satp);
    made.csrs().poke(CsrNumber.SENVCFG, 0xf0);
    return made;
  }

  /** Pages at GVA: two ordinary, one read-only, none, ordinary, kept. */
  @BeforeEach
  void map() {
    memory.map(root, 3, code, 0, IdentityMemory.pte(code, 0xcb));
    long[] flags = {0xc7, 0xc7, 0xc3, 0, 0xc7, 0xc7};
    for (int i = 0; i < PAGES; i++) {
      pages[i] = memory.allocate();
      memory.map(root, 3, GVA + 4096L * i, 0, IdentityMemory.pte(pages[i], flags[i]));
    }
    memory.guest.keep(kept);
    memory.guest.setKept(pages[PAGES - 1] >>> 12, GuestMemory.OWN_READS | GuestMemory.OWN_WRITES);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** In HS-mode after an exit of VS-mode at the code. */
  private void exitAt(long pc) {
    hart.csrs().poke(CsrNumber.SEPC, pc);
    hart.csrs().poke(CsrNumber.SSTATUS, 3 << 13 | 1 << 8);
    hart.csrs().poke(CsrNumber.VSSTATUS, 3 << 13);
    hart.csrs().poke(CsrNumber.HSTATUS, 3 << 7);
  }

  private void put(int bits) {
    memory.machine.writeInt(code, bits);
  }

  /** What the hart itself does at the code; back in HS-mode. */
  private boolean runNatively() {
    hart.sret();
    boolean trapped = hart.run(1) == Hart.Exit.TRAP;
    if (!trapped) {
      put(0);
      assertThat(hart.run(1)).isEqualTo(Hart.Exit.TRAP);
    }
    return !trapped;
  }

  private static int randomInstruction(Random random) {
    int registers = random.nextInt(32) << 20 | BASE_REGISTER << 15 | random.nextInt(32) << 7;
    int funct3 = random.nextInt(8) << 12;
    int aligned = random.nextInt(2) + 2 << 12;
    return switch (random.nextInt(9)) {
      case 0 -> random.nextInt(4) << 25 | registers | funct3 | 0x03;
      case 1 -> random.nextInt(4) << 25 | registers | funct3 & 3 << 12 | 0x23;
      case 2 -> random.nextInt(4) << 25 | registers | aligned | 0x07;
      case 3 -> random.nextInt(4) << 25 | registers | aligned | 0x27;
      case 4, 5 -> amo(random) << 27 | registers | aligned | 0x2f;
      case 6 -> cacheBlock(random) << 20 | BASE_REGISTER << 15 | 2 << 12 | 0x0f;
      case 7 -> compressed(random) & 0xffff;
      default -> registers | 3 << 12 | 0x03;
    };
  }

  private static int amo(Random random) {
    int[] operations = {0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28};
    return operations[random.nextInt(operations.length)];
  }

  private static int cacheBlock(Random random) {
    int[] selectors = {0, 1, 2, 4, 4};
    return selectors[random.nextInt(selectors.length)];
  }

  /** Quadrant 0, the base register being x8. */
  private static int compressed(Random random) {
    int[] kinds = {1, 2, 3, 5, 6, 7};
    return kinds[random.nextInt(kinds.length)] << 13 | random.nextInt(1 << 13) & 0x1c7c;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void doesWhatTheHartDoes(long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[4096];
    for (int i = 0; i < PAGES; i++) {
      random.nextBytes(bytes);
      memory.machine.write(pages[i], bytes, 0, bytes.length);
    }
    for (int round = 0; round < ROUNDS; round++) {
      once(random, "seed " + seed + " round " + round);
    }
    assertThat(done).isGreaterThan(ROUNDS / 2);
    assertThat(faults).isGreaterThan(ROUNDS / 10);
  }

  private void once(Random random, String round) {
    int bits = randomInstruction(random);
    String what = round + ": %08x".formatted(bits);
    for (int i = 1; i < 32; i++) {
      hart.x[i] = random.nextLong();
      hart.f[i] = random.nextLong();
    }
    int near = random.nextInt(4) == 0 ? 0 : 8 * (random.nextInt(512) - 256);
    hart.x[BASE_REGISTER] = GVA + 4096L * random.nextInt(PAGES + 1) + near + random.nextInt(3) / 2;
    if (random.nextInt(8) == 0) {
      hart.x[BASE_REGISTER] += random.nextInt(16);
    }
    long[] x = hart.x.clone();
    long[] f = hart.f.clone();
    byte[][] before = snapshot();
    exitAt(code);
    put(bits);
    for (int i = 0; i < 512; i++) {
      kept.entries[i] = memory.machine.readLong(pages[PAGES - 1] + 8L * i);
    }
    Outcome outcome = emulator.execute(satp);
    int length = emulator.length();
    long[] emulatedX = hart.x.clone();
    long[] emulatedF = hart.f.clone();
    byte[][] emulated = snapshot();
    assertThat(emulated[PAGES - 1]).as(what).isEqualTo(before[PAGES - 1]);
    for (int i = 0; i < 512; i++) {
      memory.machine.writeLong(pages[PAGES - 1] + 8L * i, kept.entries[i]);
    }
    emulated[PAGES - 1] = snapshot()[PAGES - 1];

    System.arraycopy(x, 0, hart.x, 0, 33);
    System.arraycopy(f, 0, hart.f, 0, 32);
    for (int i = 0; i < PAGES; i++) {
      memory.machine.write(pages[i], before[i], 0, 4096);
    }
    if (runNatively()) {
      assertThat(outcome).as(what).isEqualTo(Outcome.DONE);
      assertThat(hart.csrs().peek(CsrNumber.SEPC) - code).as(what).isEqualTo(length);
      done++;
    } else if (hart.csrs().peek(CsrNumber.SCAUSE) == 2) {
      assertThat(outcome).as(what).isEqualTo(Outcome.RETRY);
    } else {
      assertThat(outcome).as(what).isEqualTo(Outcome.FAULT);
      assertThat((long) emulator.cause()).as(what).isEqualTo(hart.csrs().peek(CsrNumber.SCAUSE));
      assertThat(emulator.address()).as(what).isEqualTo(hart.csrs().peek(CsrNumber.STVAL));
      faults++;
    }
    assertThat(Arrays.copyOf(hart.x, 32)).as(what).isEqualTo(Arrays.copyOf(emulatedX, 32));
    assertThat(hart.f).as(what).isEqualTo(emulatedF);
    assertThat(snapshot()).as(what).isEqualTo(emulated);
  }

  private byte[][] snapshot() {
    byte[][] copy = new byte[PAGES][4096];
    for (int i = 0; i < PAGES; i++) {
      memory.machine.read(pages[i], copy[i], 0, 4096);
    }
    return copy;
  }

  private static final int LR_D = 0x1004352f; // lr.d a0, (s0)
  private static final int SC_D = 0x18b4352f; // sc.d a0, a1, (s0)

  private void emulate(int bits) {
    put(bits);
    exitAt(code);
    assertThat(emulator.execute(satp)).isEqualTo(Outcome.DONE);
  }

  private void runOnHart(int bits) {
    put(bits);
    exitAt(code);
    assertThat(runNatively()).isTrue();
  }

  @Test
  void reservationsOfTheHartAndTheEmulatorAreTheSame() {
    hart.x[BASE_REGISTER] = GVA;
    hart.x[11] = 77;
    runOnHart(LR_D);
    emulate(SC_D);
    assertThat(hart.x[10]).isZero();
    assertThat(memory.machine.readLong(pages[0])).isEqualTo(77);
    emulate(SC_D);
    assertThat(hart.x[10]).isOne();
    hart.x[11] = 78;
    emulate(LR_D);
    assertThat(hart.x[10]).isEqualTo(77);
    runOnHart(SC_D);
    assertThat(hart.x[10]).isZero();
    assertThat(memory.machine.readLong(pages[0])).isEqualTo(78);
  }

  @Test
  void aReservationSeesThatTheValueChanged() {
    hart.x[BASE_REGISTER] = GVA;
    emulate(LR_D);
    memory.machine.writeLong(pages[0], 1);
    emulate(SC_D);
    assertThat(hart.x[10]).isOne();
    assertThat(memory.machine.readLong(pages[0])).isOne();
  }

  @Test
  void aReservationFollowsItsFrame() {
    hart.x[BASE_REGISTER] = GVA;
    hart.x[11] = 5;
    emulate(LR_D);
    hart.moveReservation(pages[0], pages[1]);
    hart.x[BASE_REGISTER] = GVA + 4096;
    emulate(SC_D);
    assertThat(hart.x[10]).isZero();
    assertThat(memory.machine.readLong(pages[1])).isEqualTo(5);
  }

  @Test
  void whatIsNoMemoryInstructionIsLeftToTheHart() {
    put(0x13);
    exitAt(code);
    assertThat(emulator.execute(satp)).isEqualTo(Outcome.RETRY);
    exitAt(GVA);
    assertThat(emulator.execute(satp)).isEqualTo(Outcome.RETRY);
  }
}
