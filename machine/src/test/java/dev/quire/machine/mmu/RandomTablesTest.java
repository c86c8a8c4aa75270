package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.memory.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random page tables, all modes and stages, against {@link NaiveWalker}: the same addresses, the
 * same faults, the same A/D updates; with caches of every size, and after fences.
 */
class RandomTablesTest {
  private static final int ROUNDS = 100;
  private static final int ACCESSES = 120;
  private static final long TABLES = Fixture.BASE + (2 << 20);
  private static final long DATA = Fixture.BASE + (4 << 20);
  private static final int[] LEVELS = {0, 3, 4, 5};

  /** A leaf that was made: stage 's', 'v' or 'g', and the address it was made for. */
  private record Entry(long at, long address, int level, char stage) {}

  /** An access of a kind to an address, in a mode of {@link Round#enter}. */
  private record Access(int mode, char kind, long gva) {}

  private int succeeded;
  private int faulted;

  private static MmuConfig config(String name) {
    return switch (name) {
      case "off" -> Fixture.off();
      case "tiny" -> new MmuConfig(4, 8, 4, 4, 4);
      case "no TLBs" -> new MmuConfig(0, 0, 64, 64, 256);
      case "L1 only" -> new MmuConfig(64, 0, 0, 0, 0);
      default -> MmuConfig.standard();
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "tiny", "no TLBs", "L1 only", "standard"})
  void agreesWithNaiveWalker(String name) {
    for (int round = 0; round < ROUNDS; round++) {
      try (Fixture f = new Fixture(config(name), 8 << 20, true)) {
        new Round(f, new Random(round), name + " round " + round).run();
      }
    }
    assertThat(succeeded).isGreaterThan(ROUNDS * ACCESSES / 10);
    assertThat(faulted).isGreaterThan(ROUNDS * ACCESSES / 10);
  }

  /** One set of tables, accessed and changed. */
  private final class Round {
    private final Fixture f;
    private final Random random;
    private final String what;
    private final List<Long> addresses = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();

    /** Of the G stage, for guest tables: many, of which few are used. */
    private final List<Entry> tableEntries = new ArrayList<>();

    private final int s;
    private final int vs;
    private final int g;
    private final List<Access> succeededLately = new ArrayList<>();
    private long blocked = -1;

    Round(Fixture f, Random random, String what) {
      this.f = f;
      this.random = random;
      this.what = what;
      this.s = LEVELS[random.nextInt(4)];
      this.vs = LEVELS[random.nextInt(4)];
      this.g = LEVELS[random.nextInt(4)];
    }

    void run() {
      TranslationState state = f.state;
      state.adue = random.nextBoolean();
      state.vsAdue = state.adue && random.nextBoolean();
      state.pbmte = random.nextBoolean();
      state.vsPbmte = state.pbmte && random.nextBoolean();
      build();
      for (int i = 0; i < ACCESSES; i++) {
        if (random.nextInt(8) == 0) {
          change();
          List<Access> again = List.copyOf(succeededLately);
          succeededLately.clear();
          for (Access access : again) {
            check(access, what + " again before " + i);
          }
        }
        check(access(), what + " access " + i);
      }
    }

    private void enter(int mode) {
      TranslationState state = f.state;
      state.virtual = (mode & 1) != 0;
      state.privilege = mode >> 1 & 1;
      state.sum = (mode & 4) != 0;
      state.vsSum = (mode & 8) != 0;
      state.spvp = (mode & 16) != 0;
      state.mxr = (mode & 96) == 0;
      state.vsMxr = (mode & 384) == 0;
      f.mmu.contextChanged();
    }

    /**
     * Guest tables lie where the G stage maps one to one; data may lie anywhere. No two addresses
     * share 64 KiB, for what contradicts a NAPOT leaf need not be seen.
     */
    private void build() {
      TranslationState state = f.state;
      long satpRoot = f.allocate(4096);
      long vsRoot = f.allocate(4096);
      long gRoot = f.allocate(16384);
      state.satp = Fixture.atp(s, 1 + random.nextInt(2), satpRoot);
      state.vsatp = Fixture.atp(vs, 1 + random.nextInt(2), vsRoot);
      state.hgatp = Fixture.atp(g, 1 + random.nextInt(2), gRoot);
      while (addresses.size() < 12) {
        long gva = address(Math.max(s, vs));
        if (addresses.stream().noneMatch(other -> (other ^ gva) >>> 16 == 0)) {
          addresses.add(gva);
        }
      }
      for (long gva : addresses) {
        map('s', satpRoot, s, gva, random.nextBoolean() ? 0 : random.nextInt(3));
        map('v', vsRoot, vs, gva, random.nextBoolean() ? 0 : random.nextInt(3));
      }
      if (g == 0) {
        return;
      }
      for (long gpa = Fixture.BASE; gpa < TABLES; gpa += 4096) {
        long at = f.map(gRoot, g, gpa, 0, Fixture.pte(gpa, tableFlags()));
        tableEntries.add(new Entry(at, gpa, 0, 'g'));
      }
      for (long gpa = DATA; gpa < DATA + (2 << 20); gpa += 0x1_0000) {
        map('g', gRoot, g, gpa + 4096 * random.nextInt(16), 0);
      }
      map('g', gRoot, g, DATA + (2 << 20), 1);
      for (long gva : addresses) {
        long gpa = gva & (1L << 12 + 9 * g) - 1;
        if (!f.memory.contains(gpa, 8)) {
          map('g', gRoot, g, gpa, random.nextInt(2));
        }
      }
      if (random.nextInt(3) == 0) {
        blocked = random.nextBoolean() ? DATA + 4096 * random.nextInt(512) : vsRoot;
        state.pmpaddr[1] = state.pmpaddr[0];
        state.pmpcfg[1] = state.pmpcfg[0];
        state.pmpaddr[0] = blocked >>> 2 | 0x1ff;
        state.pmpcfg[0] = 0x18;
        state.privilege = 3;
        f.mmu.contextChanged();
      }
    }

    private long address(int levels) {
      if (levels == 0 || random.nextInt(4) == 0) {
        return DATA + ((long) random.nextInt(4 << 20) & -4096L);
      }
      int unused = 64 - (12 + 9 * levels);
      long gva = random.nextLong() << unused >> unused & -4096L;
      boolean near = !addresses.isEmpty() && random.nextBoolean();
      return near ? addresses.getFirst() + 0x1_1000L * random.nextInt(64) : gva;
    }

    private long tableFlags() {
      int dice = random.nextInt(400);
      return dice == 0 ? random.nextInt(256) : dice < 8 ? 0x53 : Fixture.USER;
    }

    private void map(char stage, long root, int levels, long from, int level) {
      if (levels == 0) {
        return;
      }
      long target = DATA + ((long) random.nextInt(4 << 20) & -(1L << 12 + 9 * Math.min(level, 1)));
      target &= -(1L << 12 + 9 * level);
      long leaf = leaf(target, level) | (stage == 'g' ? PteBits.USER : 0);
      long at = f.map(root, levels, from, level, leaf);
      if (at != 0) {
        entries.add(new Entry(at, from, level, stage));
      }
    }

    private long leaf(long target, int level) {
      long pte = Fixture.pte(target, random.nextInt(256) | (random.nextBoolean() ? 7 : 3));
      pte |= random.nextInt(3) == 0 ? 0 : 0xc0;
      if (level == 0 && random.nextInt(5) == 0) {
        pte = pte & ~(15L << 10) | 8L << 10 | 1L << 63;
      }
      return switch (random.nextInt(40)) {
        case 0 -> pte | 1L << 54 + random.nextInt(10);
        case 1 -> pte ^ 1L << random.nextInt(64);
        case 2 -> pte | (long) random.nextInt(4) << 61;
        default -> pte;
      };
    }

    /**
     * Changes one entry and fences no more than the manual asks for. What was read of a guest's
     * table does not become untrue when the G stage maps that otherwise: so then the VS stage is
     * fenced, too.
     */
    private void change() {
      if (tableEntries.isEmpty() && entries.isEmpty()) {
        return;
      }
      boolean ofTable = !tableEntries.isEmpty() && random.nextInt(3) == 0;
      List<Entry> some = ofTable || entries.isEmpty() ? tableEntries : entries;
      Entry entry = some.get(random.nextInt(some.size()));
      long before = f.memory.readLong(entry.at);
      long after = before ^ 1L << random.nextInt(8);
      f.memory.writeLong(entry.at, after);
      boolean pointer = isPointer(before) || isPointer(after);
      boolean byAddress = !pointer && random.nextInt(4) != 0;
      boolean byId = random.nextBoolean() && ((before | after) & 0x20) == 0;
      long size = 1L << (before < 0 && entry.level == 0 ? 16 : 12 + 9 * entry.level);
      long address = entry.address & -size | random.nextLong() & size - 1;
      long id =
          entry.stage == 'g' ? f.state.hgatp : entry.stage == 'v' ? f.state.vsatp : f.state.satp;
      int number = (int) (id >>> 44 & 0xff);
      switch (entry.stage) {
        case 'g' -> f.mmu.fenceGvma(address, number, byAddress, byId);
        case 'v' -> f.mmu.fenceVvma(address, number, byAddress, byId);
        default -> f.mmu.fenceVma(address, number, byAddress, byId);
      }
      if (ofTable) {
        f.mmu.fenceVvma(0, 0, false, false);
      }
    }

    private static boolean isPointer(long pte) {
      return (pte & 15) == 1;
    }

    private Access access() {
      long gva = addresses.get(random.nextInt(addresses.size())) + 8 * random.nextInt(512);
      if (random.nextInt(20) == 0) {
        gva ^= 1L << random.nextInt(24, 64);
      }
      return new Access(random.nextInt(512), "rwxceh".charAt(random.nextInt(6)), gva);
    }

    private void check(Access tried, String when) {
      enter(tried.mode);
      TranslationState state = f.state;
      char access = tried.kind;
      long gva = tried.gva;
      boolean hypervisor = access == 'e' || access == 'h';
      char kind = access == 'h' ? 'r' : access;
      boolean virtual = hypervisor || state.virtual;
      boolean user = hypervisor ? !state.spvp : state.privilege == 0;
      var naive = NaiveWalker.of(f.memory, state, blocked);
      String context = "%s: %c of %x, v=%b u=%b".formatted(when, access, gva, virtual, user);
      long expected = 0;
      NaiveFault fault = null;
      try {
        expected = naive.translate(gva, kind, user, virtual);
      } catch (NaiveFault e) {
        fault = e;
      }
      try {
        long actual = perform(access, gva, expected);
        assertThat(fault).as(context).isNull();
        assertThat(actual).as(context).isEqualTo(expected);
        succeeded++;
        succeededLately.add(tried);
      } catch (GuestTrap trap) {
        assertThat(fault).as(context + " traps with " + trap.cause).isNotNull();
        checkTrap(trap, Objects.requireNonNull(fault), gva, virtual, context);
        faulted++;
      }
      naive
          .updates()
          .forEach((at, pte) -> assertThat(f.memory.readLong(at)).as(context).isEqualTo(pte));
    }

    private void checkTrap(
        GuestTrap trap, NaiveFault fault, long gva, boolean virtual, String context) {
      assertThat(trap.cause).as(context).isEqualTo(fault.cause);
      assertThat(trap.value).as(context).isEqualTo(gva);
      assertThat(trap.guestVirtual).as(context).isEqualTo(virtual);
      assertThat(trap.guestAddress).as(context).isEqualTo(fault.gpa >>> 2);
      assertThat(trap.instruction).as(context).isEqualTo(fault.instruction);
    }

    /** Does the access and returns the hpa that it went to, as far as that can be seen. */
    private long perform(char access, long gva, long expected) {
      switch (access) {
        case 'r' -> {
          long host = f.mmu.amoAddress(gva, 8, false);
          assertThat(f.mmu.loadLong(gva)).isEqualTo(HostMemory.getLong(host));
          return host - f.memory.hostAddress(Fixture.BASE, 1) + Fixture.BASE;
        }
        case 'w' -> {
          return f.mmu.amoAddress(gva, 8, true)
              - f.memory.hostAddress(Fixture.BASE, 1)
              + Fixture.BASE;
        }
        case 'x' -> {
          return f.mmu.fetchPage(gva) | gva & 4095;
        }
        case 'c' -> f.mmu.cacheBlock(gva);
        default ->
            assertThat(f.mmu.hypervisorLoad(gva, 8, access == 'e'))
                .isEqualTo(f.memory.contains(expected, 8) ? f.memory.readLong(expected) : 0);
      }
      return expected;
    }
  }
}
