package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who listens is told of every reference, and nothing is done otherwise for that. */
class ReferencesTest {
  private static final long GVA = 0x4000_0000L;
  private static final int PAGES = 64;

  /** What was told, as text. */
  private static final class Log implements ReferenceListener {
    final List<String> told = new ArrayList<>();

    @Override
    public void referenced(long gva, long hpa) {
      told.add("%x at %x".formatted(gva, hpa));
    }

    @Override
    public void walked(long gva, long hpa) {
      told.add("entry for %x at %x".formatted(gva, hpa));
    }

    List<String> taken() {
      List<String> taken = List.copyOf(told);
      told.clear();
      return taken;
    }
  }

  /**
   * VS-mode, Sv39 on Sv39x4, with some pages from GVA on; frames of the guest follow each other.
   */
  private static long enter(Fixture f, int pages, long firstFrame) {
    long vsRoot = f.allocate(4096);
    for (int i = 0; i < pages; i++) {
      f.map(vsRoot, 3, GVA + 4096L * i, 0, Fixture.pte(firstFrame + 4096L * i, Fixture.ALL));
    }
    long gRoot = f.allocate(16384);
    for (long gpa = Fixture.BASE; gpa < Fixture.BASE + (4 << 20); gpa += 4096) {
      f.map(gRoot, 3, gpa, 0, Fixture.pte(gpa, Fixture.USER));
    }
    f.enter(true, 0, Fixture.atp(3, 1, vsRoot), Fixture.atp(3, 1, gRoot));
    return vsRoot;
  }

  private static List<String> walk(Fixture f, long root, long gva) {
    List<String> entries = new ArrayList<>();
    long table = root;
    for (int level = 2; level >= 0; level--) {
      long at = table + (gva >>> 12 + 9 * level & 511) * 8;
      entries.add("entry for %x at %x".formatted(gva, at));
      table = f.memory.readLong(at) << 2 & -4096L & (1L << 56) - 1;
    }
    return entries;
  }

  private static String access(long gva, long hpa) {
    return "%x at %x".formatted(gva, hpa);
  }

  @Test
  void everyAccessAndEveryEntryOfTheGuestIsTold() {
    try (Fixture f = new Fixture(new MmuConfig(64, 256, 0, 0, 64))) {
      long frames = Fixture.BASE + (2 << 20);
      long root = enter(f, 2, frames);
      Log log = new Log();
      f.mmu.trace(log);
      List<String> expected = new ArrayList<>(walk(f, root, GVA + 8));
      expected.add(access(GVA + 8, frames + 8));
      long _ = f.mmu.loadLong(GVA + 8);
      assertThat(log.taken()).isEqualTo(expected);

      long _ = f.mmu.loadInt(GVA + 16); // by L1
      assertThat(log.taken()).containsExactly(access(GVA + 16, frames + 16));
      f.mmu.storeByte(GVA + 17, 1); // by L2, then by L1
      f.mmu.storeShort(GVA + 18, 1);
      long _ = f.mmu.amoAddress(GVA + 24, 8, true);
      long _ = f.mmu.fetchPage(GVA + 32);
      long _ = f.mmu.fetchPage(GVA + 34);
      assertThat(log.taken())
          .containsExactly(
              access(GVA + 17, frames + 17),
              access(GVA + 18, frames + 18),
              access(GVA + 24, frames + 24),
              access(GVA + 32, frames + 32),
              access(GVA + 34, frames + 34));

      expected = new ArrayList<>(List.of(access(GVA + 4092, frames + 4092)));
      expected.addAll(walk(f, root, GVA + 4096));
      expected.add(access(GVA + 4096, frames + 4096));
      long _ = f.mmu.loadLong(GVA + 4092);
      assertThat(log.taken()).isEqualTo(expected);

      f.mmu.trace(null);
      long _ = f.mmu.loadLong(GVA + 8);
      assertThat(log.taken()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 64})
  void theTlbsAreUsedAsEver(int l1) {
    MmuConfig config = new MmuConfig(l1, 16, 8, 8, 16);
    try (Fixture traced = new Fixture(config);
        Fixture plain = new Fixture(config)) {
      long frames = Fixture.BASE + (2 << 20);
      enter(traced, PAGES, frames);
      enter(plain, PAGES, frames);
      Log log = new Log();
      traced.mmu.trace(log);
      Random random = new Random(l1);
      for (int i = 0; i < 20_000; i++) {
        long gva = GVA + random.nextInt((PAGES + 1) * 4096);
        int what = random.nextInt(40);
        log.told.clear();
        long seen = access(traced, gva, what);
        assertThat(seen).isEqualTo(access(plain, gva, what));
        assertThat(log.told.stream().anyMatch(told -> told.startsWith("%x at".formatted(gva))))
            .as("%x, %d", gva, what)
            .isEqualTo(gva < GVA + PAGES * 4096L && what > 1);
      }
      assertThat(traced.mmu.statistics().l2Hits).isEqualTo(plain.mmu.statistics().l2Hits);
      assertThat(traced.mmu.statistics().histogram).isEqualTo(plain.mmu.statistics().histogram);
    }
  }

  private static final long FAULT = -2;

  private static long access(Fixture f, long gva, int what) {
    try {
      if (what == 0) {
        f.mmu.fenceVvma(0, 0, false, false);
        return 0;
      } else if (what == 1) {
        f.mmu.fenceVvma(gva, 0, true, false);
        return 0;
      } else if (what < 12) {
        return f.mmu.loadInt(gva);
      } else if (what < 20) {
        f.mmu.storeLong(gva, gva * what);
        return 0;
      } else if (what < 30) {
        return f.mmu.loadByte(gva);
      }
      return f.mmu.fetchPage(gva);
    } catch (GuestTrap trap) {
      return FAULT;
    }
  }
}
