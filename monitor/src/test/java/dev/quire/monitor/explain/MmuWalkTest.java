package dev.quire.monitor.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.bus.Bus;
import dev.quire.machine.bus.BusFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.Mmu;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.machine.mmu.Mode;
import dev.quire.machine.mmu.TranslationState;
import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Explained walks against the machine's MMU with all caches off: the same end, as many references,
 * and each entry read where and when it is said to be. For that, each in turn is made invalid: then
 * the MMU must stop at exactly that reference.
 */
class MmuWalkTest {
  private static final long BASE = 0x8000_0000L;
  private static final int FRAMES = 1024;
  private static final int[] LEVELS = {0, 3, 4, 5};
  private static final List<Access> ACCESSES = List.of(Access.values());

  private int translated;
  private int faulted;
  private int checked;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void agreesWithTheMmu(boolean virtual) {
    for (int seed = 0; seed < 150; seed++) {
      try (PhysicalMemory memory = new PhysicalMemory(BASE, FRAMES << 12)) {
        new Machine(memory, new Random(seed), virtual, "seed " + seed).run();
      }
    }
    assertThat(translated).isGreaterThan(500);
    assertThat(faulted).isGreaterThan(500);
    assertThat(checked).isGreaterThan(5000);
  }

  /** No devices. */
  private static final class Nothing implements Bus {
    @Override
    public long read(long hpa, int size) {
      throw BusFault.INSTANCE;
    }

    @Override
    public void write(long hpa, int size, long value) {
      throw BusFault.INSTANCE;
    }
  }

  /** One set of tables. */
  private final class Machine {
    private final PhysicalMemory memory;
    private final Random random;
    private final boolean virtual;
    private final String what;
    private final TranslationState state = new TranslationState();
    private final Mmu mmu;
    private final int levels;
    private final int gLevels;
    private final Map<Long, Long> frames = new HashMap<>();
    private final List<Long> gvas = new ArrayList<>();
    private long free = BASE;
    private int guestTables;
    private Access access = Access.LOAD;

    Machine(PhysicalMemory memory, Random random, boolean virtual, String what) {
      this.memory = memory;
      this.random = random;
      this.virtual = virtual;
      this.what = what;
      MmuConfig off = new MmuConfig(0, 0, 0, 0, 0);
      mmu = new Mmu(off, memory, new Nothing(), state, new GuestTrap(), true);
      levels = LEVELS[random.nextInt(4)];
      gLevels = virtual ? LEVELS[random.nextInt(4)] : 0;
    }

    void run() {
      state.pmpcfg[0] = 0x1f;
      state.pmpaddr[0] = -1L >>> 10;
      state.virtual = virtual;
      state.adue = random.nextBoolean();
      state.vsAdue = state.adue && random.nextBoolean();
      state.pbmte = random.nextBoolean();
      state.vsPbmte = state.pbmte && random.nextBoolean();
      buildSecond();
      buildFirst();
      for (int i = 0; i < 40; i++) {
        access = ACCESSES.get(random.nextInt(3));
        state.privilege = random.nextInt(2);
        state.sum = random.nextBoolean();
        state.vsSum = random.nextBoolean();
        state.mxr = random.nextInt(4) == 0;
        state.vsMxr = random.nextInt(4) == 0;
        mmu.contextChanged();
        long gva = gvas.get(random.nextInt(gvas.size())) + 8 * random.nextInt(512);
        check(random.nextInt(20) == 0 ? gva ^ 1L << random.nextInt(3, 64) : gva);
      }
    }

    // ---- tables ----------------------------------------------------------------------------

    private long allocate(int pages) {
      free = free + pages * 4096L - 1 & -(pages * 4096L);
      long result = free;
      free += pages * 4096L;
      return result;
    }

    private int flags() {
      int certain = random.nextInt(8) == 0 ? 1 : random.nextInt(3) == 0 ? 3 : 0xcf;
      return random.nextInt(256) | certain;
    }

    private static long pte(long address, long flags) {
      return address >>> 12 << 10 | flags;
    }

    /** 64 pages for the guest's tables, nearly all sound, then some of data. */
    private void buildSecond() {
      if (gLevels == 0) {
        return;
      }
      long root = allocate(4);
      state.hgatp = (long) (gLevels + 5) << 60 | 1L << 44 | root >>> 12;
      for (int i = 0; i < 64; i++) {
        mapFrame(root, BASE + 4096 * i, random.nextInt(60) == 0 ? random.nextInt(256) : 0xdf);
      }
      for (int i = 0; i < 16; i++) {
        mapFrame(root, BASE + 4096 * (64 + random.nextInt(64)), flags() | 0x10);
      }
      long leaf = pte(BASE + 0x20_0000, flags() | 0x10);
      write(root, gLevels, true, BASE + 0x20_0000, 1, leaf);
    }

    private void mapFrame(long root, long gpa, int flags) {
      long hpa = frames.computeIfAbsent(gpa >>> 12, gfn -> allocate(1));
      write(root, gLevels, true, gpa, 0, pte(hpa, flags));
    }

    private void buildFirst() {
      for (int i = 0; i < 8; i++) {
        gvas.add(levels == 0 ? BASE + 4096 * random.nextInt(128) : address());
      }
      if (levels == 0) {
        return;
      }
      long root = guestTable();
      long atp = (long) (levels + 5) << 60 | 2L << 44 | root >>> 12;
      state.satp = virtual ? 0 : atp;
      state.vsatp = virtual ? atp : 0;
      for (long gva : gvas) {
        int level = random.nextBoolean() ? 0 : random.nextInt(3);
        long size = 1L << 12 + 9 * level;
        long target = BASE + 4096L * random.nextInt(random.nextBoolean() ? 128 : FRAMES) & -size;
        write(root, levels, false, gva, level, odd(pte(target, flags()), level, root));
      }
    }

    private long guestTable() {
      return gLevels == 0 ? allocate(1) : BASE + 4096L * guestTables++;
    }

    private long address() {
      int unused = 64 - (12 + 9 * levels);
      return !gvas.isEmpty() && random.nextBoolean()
          ? gvas.getFirst() ^ 4096L * random.nextInt(1 << 10)
          : random.nextLong() << unused >> unused & -4096L;
    }

    private long odd(long pte, int level, long root) {
      return switch (random.nextInt(20)) {
        case 0 -> pte ^ 1L << random.nextInt(64);
        case 1 -> pte | (long) random.nextInt(4) << 61;
        case 2 -> level == 0 ? pte & ~(15L << 10) | 8L << 10 | 1L << 63 : pte;
        case 3 -> pte(root, 1);
        case 4 -> pte(random.nextLong() & (1L << 56) - 1, random.nextBoolean() ? 1 : 0xcf);
        default -> pte;
      };
    }

    /** Writes an entry, and on the way to it the tables that are not there yet. */
    private void write(long root, int depth, boolean second, long from, int level, long entry) {
      long table = root;
      for (int i = depth - 1; ; i--) {
        long mask = second && i == depth - 1 ? 2047 : 511;
        long place = table + 8 * (from >>> 12 + 9 * i & mask);
        long at = second || gLevels == 0 ? place : frame(place) | place & 4095;
        long old = memory.readLong(at);
        if (i == level) {
          memory.writeLong(at, entry);
          return;
        }
        if (old == 0) {
          old = pte(second ? allocate(1) : guestTable(), 1);
          memory.writeLong(at, old);
        }
        table = old << 2 & -4096L & (1L << 56) - 1;
        boolean guests = gLevels != 0 && !second;
        boolean there = guests ? frames.containsKey(table >>> 12) : memory.contains(table, 1);
        if ((old & 15) != 1 || !there) {
          return;
        }
      }
    }

    private long frame(long gpa) {
      return Objects.requireNonNull(frames.get(gpa >>> 12));
    }

    // ---- checks ----------------------------------------------------------------------------

    private MmuRegisters registers() {
      boolean data = access != Access.FETCH;
      boolean sum = data && (virtual ? state.vsSum : state.sum) && state.privilege == Privilege.S;
      boolean mxr = data && (state.mxr || virtual && state.vsMxr);
      return new MmuRegisters(
          virtual ? state.vsatp : state.satp,
          state.hgatp,
          state.privilege | (sum ? Mode.SUM : 0) | (mxr ? Mode.MXR : 0),
          data && virtual && state.mxr,
          virtual ? state.vsAdue : state.adue,
          state.adue,
          virtual ? state.vsPbmte : state.pbmte,
          state.pbmte);
    }

    private void check(long gva) {
      TableRole role = virtual ? TableRole.V2P : TableRole.NATIVE;
      AddressKind to = gLevels == 0 ? AddressKind.HPA : AddressKind.GPA;
      MmuWalk walk = new MmuWalk(TableReader.of(memory), registers(), role, to, access);
      Outcome outcome = walk.translate(gva);
      List<Reference> references = walk.references();
      String context =
          "%s: %s of %x, %d levels on %d: %s %s"
              .formatted(what, access, gva, levels, gLevels, outcome, references);
      Map<Long, Long> entries = new HashMap<>();
      Map<Long, Integer> first = new HashMap<>();
      for (Reference r : references) {
        entries.put(r.hpa(), memory.readLong(r.hpa()));
        first.putIfAbsent(r.hpa(), r.number());
        assertThat(r.entry()).as(context).isEqualTo(entries.get(r.hpa()));
      }
      compare(outcome, gva, references.size(), context);
      first.forEach(
          (hpa, number) -> {
            entries.forEach(memory::writeLong);
            memory.writeLong(hpa, 0);
            assertThat(real(gva).references).as("number %d, %s", number, context).isEqualTo(number);
            checked++;
          });
      entries.forEach(memory::writeLong);
    }

    private void compare(Outcome outcome, long gva, int references, String context) {
      Real real = real(gva);
      assertThat(real.references).as(context).isEqualTo(references);
      switch (outcome) {
        case Translated t when memory.contains(t.hpa(), 8) -> {
          assertThat(real.cause).as(context).isEqualTo(-1);
          assertThat(real.hpa).as(context).isEqualTo(t.hpa());
          translated++;
        }
        case Translated t ->
            assertThat(real.cause).as("%s %s", t, context).isEqualTo(access.accessFault());
        case Fault f -> {
          assertThat(real.cause).as(context).isEqualTo(f.cause());
          faulted++;
        }
      }
    }

    /** What the MMU does: a cause, or -1 and an hpa. */
    private record Real(int cause, long hpa, int references) {}

    private Real real(long gva) {
      long before = mmu.statistics().totalReferences();
      int cause = -1;
      long hpa = 0;
      try {
        hpa = access == Access.FETCH ? mmu.fetchPage(gva) | gva & 4095 : dataHpa(gva);
      } catch (GuestTrap trap) {
        cause = trap.cause;
      }
      return new Real(cause, hpa, (int) (mmu.statistics().totalReferences() - before));
    }

    private long dataHpa(long gva) {
      long host = mmu.amoAddress(gva, 8, access == Access.STORE);
      return host - memory.hostAddress(BASE, 1) + BASE;
    }
  }
}
