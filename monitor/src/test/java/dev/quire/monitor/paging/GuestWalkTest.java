package dev.quire.monitor.paging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.Mmu;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.machine.mmu.TranslationState;
import dev.quire.monitor.IdentityMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random tables, walked by the monitor and by the machine: the same addresses, faults, A and D. */
class GuestWalkTest {
  private static final int ROUNDS = 60;
  private static final int ACCESSES = 200;
  private static final long BYTES = 4 << 20;
  private static final long DATA = IdentityMemory.BASE + (2 << 20);

  private final TranslationState state = new TranslationState();
  private int succeeded;
  private int faulted;

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 4, 5})
  void agreesWithTheMachine(int levels) {
    for (int seed = 0; seed < ROUNDS; seed++) {
      try (IdentityMemory memory = new IdentityMemory(BYTES)) {
        round(memory, levels, new Random(seed), "round " + seed);
      }
    }
    assertThat(succeeded).isGreaterThan(ROUNDS * ACCESSES / 10);
    assertThat(faulted).isGreaterThan(ROUNDS * ACCESSES / 10);
  }

  private void round(IdentityMemory memory, int levels, Random random, String what) {
    state.pmpcfg[0] = 0x1f;
    state.pmpaddr[0] = -1L >>> 10;
    state.adue = random.nextBoolean();
    state.pbmte = true;
    long root = memory.allocate();
    state.satp = IdentityMemory.satp(levels, root);
    Mmu mmu =
        new Mmu(
            new MmuConfig(0, 0, 0, 0, 0),
            memory.machine,
            new AddressMap(),
            state,
            new GuestTrap(),
            true);
    GuestWalk walk = new GuestWalk(memory.guest, state.adue);
    List<Long> gvas = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      gvas.add(gva(random, levels));
      if (levels > 0) {
        int level = Math.max(0, random.nextInt(5) - 2);
        memory.map(root, levels, gvas.getLast(), level, leaf(random, level));
      }
    }
    for (int i = 0; i < ACCESSES; i++) {
      long gva = gvas.get(random.nextInt(gvas.size())) + 8 * random.nextInt(512);
      gva ^= random.nextInt(20) == 0 ? 1L << random.nextInt(3, 64) : 0;
      state.privilege = random.nextInt(2);
      state.sum = random.nextBoolean();
      state.mxr = random.nextInt(4) == 0;
      mmu.contextChanged();
      compare(memory, walk, mmu, gva, random.nextInt(4), what + " access " + i);
    }
  }

  private static long gva(Random random, int levels) {
    if (levels == 0) {
      return DATA + ((long) random.nextInt(3 << 20) & -4096L);
    }
    int unused = 64 - (12 + 9 * levels);
    return random.nextLong() << unused >> unused & -4096L;
  }

  private static long leaf(Random random, int level) {
    long target = DATA + (long) random.nextInt(3 << 20) & -(1L << 12 + 9 * Math.min(level, 1));
    long pte = IdentityMemory.pte(target, random.nextInt(256) | (random.nextBoolean() ? 7 : 3));
    pte |= random.nextInt(3) == 0 ? 0 : 0xc0;
    if (level == 0 && random.nextInt(5) == 0) {
      pte = pte & ~(15L << 10) | 8L << 10 | 1L << 63;
    }
    return switch (random.nextInt(30)) {
      case 0 -> pte | 1L << 54 + random.nextInt(10);
      case 1 -> pte ^ 1L << random.nextInt(64);
      case 2 -> pte | (long) random.nextInt(4) << 61;
      default -> pte;
    };
  }

  private void compare(
      IdentityMemory memory, GuestWalk walk, Mmu mmu, long gva, int access, String what) {
    int mode = GuestWalk.mode(state.privilege == 0, state.sum, state.mxr);
    int outcome = walk.walk(state.satp, gva, access, mode);
    int cause =
        switch (outcome) {
          case GuestWalk.OK ->
              memory.machine.contains(walk.gpa, 8) ? -1 : AccessType.accessFault(access);
          case GuestWalk.PAGE_FAULT -> AccessType.pageFault(access);
          default -> AccessType.accessFault(access);
        };
    long after = walk.lowest < walk.levels ? walk.entry[walk.lowest] : 0;
    if (walk.lowest < walk.levels) {
      assertThat(memory.machine.readLong(walk.entryGpa[walk.lowest])).as(what).isEqualTo(after);
    }
    try {
      long hpa = perform(memory, mmu, gva, access);
      assertThat(cause).as(what).isEqualTo(-1);
      assertThat(hpa == 0 ? walk.gpa : hpa).as(what).isEqualTo(walk.gpa);
      succeeded++;
    } catch (GuestTrap trap) {
      assertThat(cause).as(what).isEqualTo(trap.cause);
      faulted++;
    }
    if (walk.lowest < walk.levels) {
      assertThat(memory.machine.readLong(walk.entryGpa[walk.lowest])).as(what).isEqualTo(after);
    }
  }

  /** The hpa, as far as it can be seen. */
  private static long perform(IdentityMemory memory, Mmu mmu, long gva, int access) {
    long host = memory.machine.hostAddress(IdentityMemory.BASE, 1);
    return switch (access) {
      case AccessType.LOAD -> mmu.amoAddress(gva, 8, false) - host + IdentityMemory.BASE;
      case AccessType.STORE -> mmu.amoAddress(gva, 8, true) - host + IdentityMemory.BASE;
      case AccessType.FETCH -> mmu.fetchAddress(gva);
      default -> {
        mmu.cacheBlock(gva);
        yield 0;
      }
    };
  }
}
