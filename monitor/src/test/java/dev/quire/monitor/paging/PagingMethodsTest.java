package dev.quire.monitor.paging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.PteBits;
import dev.quire.monitor.paging.PagedGuest.Computer;
import dev.quire.monitor.paging.PagedGuest.Fault;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What every method must do alike, asked through the hart's MMU. */
class PagingMethodsTest {
  private static final List<PagingChoice> METHODS =
      List.of(
          PagingChoice.NESTED,
          PagingChoice.SHADOW_EAGER,
          PagingChoice.SHADOW_UNSYNC,
          PagingChoice.SHADOW_LAZY,
          PagingChoice.PROTECTED);

  private static final long SV39 = 8L << 60;
  private static final long FIRST_GFN = PagedGuest.RAM >>> 12;
  private static final int FRAMES = 64;
  private static final int TABLES = 12;
  private static final long LEAF = 0xcf; // V R W X A D
  private static final long USER = 0x10;
  private static final long GLOBAL = 0x20;

  private static long satp(int asid, long rootGfn) {
    return SV39 | (long) asid << 44 | rootGfn;
  }

  private static long entry(long gfn, long bits) {
    return gfn << PteBits.PPN_SHIFT | bits;
  }

  /** Maps gva 0 to frame 8 by tables in frames 0 to 2, and writes {@code value} there. */
  private static void mapZero(PagedGuest guest, long value, long bits) {
    long ram = PagedGuest.RAM;
    guest.write(ram, entry(FIRST_GFN + 1, 1));
    guest.write(ram + 4096, entry(FIRST_GFN + 2, 1));
    guest.write(ram + 2 * 4096, entry(FIRST_GFN + 8, bits));
    guest.write(ram + 8 * 4096, value);
  }

  @Test
  void guestsWithTheSameAsidsAddressesAndGlobalBitsNeverSeeEachOther() throws Fault {
    for (PagingChoice first : METHODS) {
      for (PagingChoice second : METHODS) {
        takeTurns(first, second);
      }
    }
  }

  private static void takeTurns(PagingChoice first, PagingChoice second) throws Fault {
    try (Computer computer = new Computer()) {
      PagedGuest one = new PagedGuest(computer, 1, FRAMES << 12, first, false);
      mapZero(one, 111, LEAF | GLOBAL);
      one.setSatp(satp(5, FIRST_GFN));
      assertThat(one.load(0, false)).isEqualTo(111);
      one.leave();
      PagedGuest two = new PagedGuest(computer, 2, FRAMES << 12, second, false);
      mapZero(two, 222, LEAF | GLOBAL);
      two.setSatp(satp(5, FIRST_GFN));
      for (int i = 0; i < 4; i++) {
        assertThat(two.load(0, false)).as("%s then %s", first, second).isEqualTo(222 + i);
        two.store(0, false, 223 + i);
        two.leave();
        one.enter();
        assertThat(one.load(0, false)).as("%s and %s", first, second).isEqualTo(111 + i);
        one.store(0, false, 112 + i);
        one.leave();
        two.enter();
      }
    }
  }

  /**
   * A guest that scribbles into its tables, fences, changes address spaces and methods, and loses
   * and moves frames: after each fence every access is as its tables say.
   */
  @ParameterizedTest
  @FieldSource("METHODS")
  void translationsAreThoseOfTheGuestsTables(PagingChoice choice) throws Fault {
    for (long seed = 0; seed < 24; seed++) {
      Random random = new Random(seed);
      boolean updatesAd = seed % 3 == 2;
      try (Computer computer = new Computer()) {
        PagedGuest guest = new PagedGuest(computer, 1, FRAMES << 12, choice, updatesAd);
        for (int i = 0; i < 150; i++) {
          if (seed % 4 == 3 && i % 25 == 24) {
            guest.paging.switchTo(METHODS.get(random.nextInt(METHODS.size())));
          }
          round(guest, random);
        }
      }
    }
  }

  private static void round(PagedGuest guest, Random random) {
    for (int i = random.nextInt(12); i > 0; i--) {
      guest.write(tableAddress(random), randomEntry(random));
    }
    if (random.nextInt(4) == 0) {
      long mode = random.nextInt(6) == 0 ? 0 : SV39;
      long root = FIRST_GFN + random.nextInt(random.nextInt(20) == 0 ? FRAMES + 2 : 4);
      guest.setSatp(mode == 0 ? 0 : satp(random.nextInt(3), root));
    }
    if (random.nextInt(6) == 0) {
      long gfn = FIRST_GFN + TABLES + random.nextInt(FRAMES - TABLES);
      guest.memory.release(gfn);
    }
    guest.fence(0, 0, false, false);
    for (int i = 0; i < 12; i++) {
      check(guest, gva(random), random.nextBoolean(), random.nextInt(3) == 0, random.nextLong());
    }
  }

  private static long tableAddress(Random random) {
    int index = random.nextInt(3) == 0 ? random.nextInt(512) : random.nextInt(4);
    return PagedGuest.RAM + random.nextInt(TABLES) * 4096L + 8L * index;
  }

  private static long randomEntry(Random random) {
    if (random.nextInt(30) == 0) {
      return random.nextLong();
    }
    long gfn = FIRST_GFN + random.nextInt(random.nextInt(10) == 0 ? FRAMES + 4 : FRAMES);
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1, 2, 3 -> entry(FIRST_GFN + random.nextInt(TABLES), 1);
      case 4 -> entry(gfn & -512 | (random.nextBoolean() ? 0 : gfn), LEAF);
      case 5 -> entry(gfn & -16 | 8, LEAF) | PteBits.NAPOT;
      default -> {
        long bits = 1 | random.nextInt(256);
        yield entry(gfn, random.nextInt(3) == 0 ? bits : LEAF | (random.nextBoolean() ? USER : 0));
      }
    };
  }

  private static long gva(Random random) {
    if (random.nextInt(10) == 0) {
      return PagedGuest.RAM + (random.nextInt(FRAMES + 2) << 12); // without translation
    }
    long gva = 0;
    for (int level = 0; level < 3; level++) {
      int index = random.nextInt(8) == 0 ? random.nextInt(512) : random.nextInt(4);
      gva |= (long) index << 12 + 9 * level;
    }
    return gva << 25 >> 25;
  }

  /** The access is what a walk of the guest's own table says that it is. */
  private static void check(PagedGuest guest, long gva, boolean user, boolean store, long value) {
    int access = store ? AccessType.STORE : AccessType.LOAD;
    GuestWalk walk = new GuestWalk(guest.memory, guest.vcpu.walk.updatesAd());
    int outcome = walk.walk(guest.satp(), gva, access, GuestWalk.mode(user, false, false));
    int cause = -1;
    if (outcome == GuestWalk.PAGE_FAULT) {
      cause = AccessType.pageFault(access);
    } else if (outcome != GuestWalk.OK || !guest.memory.contains(walk.gpa, 8)) {
      cause = AccessType.accessFault(access);
    }
    long gpa = walk.gpa;
    String what = "%s of %x, user %b".formatted(store ? "store" : "load", gva, user);
    try {
      if (store) {
        guest.store(gva, user, value);
        assertThat(cause).as(what).isEqualTo(-1);
        assertThat(guest.read(gpa)).as(what).isEqualTo(value);
      } else {
        long loaded = guest.load(gva, user);
        assertThat(cause).as(what).isEqualTo(-1);
        assertThat(loaded).as(what).isEqualTo(guest.read(gpa));
      }
    } catch (Fault fault) {
      assertThat(fault.cause).as(what).isEqualTo(cause);
    }
  }
}
