package dev.quire.monitor.paging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.Mmu;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.TranslationState;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.SwapFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random tables in a few frames, so that they link to each other and to themselves at all levels:
 * the guest's memory as a plain machine has it, and the same under a method that traps faults. Both
 * read and translate alike, and the hardware's tables reach nothing that they must not.
 */
class RandomGuestTablesTest {
  private static final long BASE = 0x8000_0000L;
  private static final long SIZE = 6 << 20;
  private static final int TABLES = 8;
  private static final int ROUNDS = 6;
  private static final int STEPS = 800;
  private static final long S_MODE = 1 << 8;

  private int succeeded;
  private int faulted;
  private int emulated;
  private int evicted;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  @ParameterizedTest
  @CsvSource({
    "PROTECTED, false, false, true",
    "PROTECTED, true, false, true",
    "PROTECTED, true, true, true",
    "PROTECTED, false, false, false",
    "SHADOW_EAGER, false, true, true",
    "SHADOW_EAGER, true, false, true",
    "SHADOW_UNSYNC, false, false, true",
    "SHADOW_UNSYNC, true, true, true",
    "SHADOW_LAZY, false, false, true",
    "SHADOW_LAZY, true, true, true"
  })
  void theGuestSeesAPlainMachine(
      PagingChoice choice, boolean updatesAd, boolean inBlocks, boolean fences) throws DmaFault {
    for (int seed = 0; seed < ROUNDS; seed++) {
      World world = new World(new Random(seed), choice, updatesAd, inBlocks, fences);
      for (int step = 0; step < STEPS; step++) {
        world.step("seed %d step %d".formatted(seed, step));
      }
      if (fences) {
        world.compareAll("seed " + seed);
      }
      world.close();
    }
    assertThat(succeeded).as("accesses").isGreaterThan(ROUNDS * STEPS / 50);
    assertThat(faulted).as("faults").isGreaterThan(ROUNDS * STEPS / 10);
    assertThat(evicted).as("evicted").isGreaterThan(ROUNDS * STEPS / 10);
    if (choice == PagingChoice.PROTECTED) {
      assertThat(emulated).as("emulated").isGreaterThan(ROUNDS);
    }
  }

  private final class World {
    final Random random;
    final boolean fences;
    final PhysicalMemory plain = new PhysicalMemory(BASE, SIZE);
    final TranslationState plainState = new TranslationState();
    final Mmu plainMmu;
    final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 4 * SIZE);
    final FrameTable frames = new FrameTable(machine);
    final long loop = frames.allocate(FrameTable.Use.TABLE, 0) << 12;
    final SwapFile swap = SwapFile.in(folder);
    final GuestMemory memory;
    final VmPaging paging;
    final List<PagedVcpu> vcpus = new ArrayList<>();
    PagedVcpu vcpu;
    long canary;

    World(Random random, PagingChoice choice, boolean updatesAd, boolean inBlocks, boolean fences) {
      this.random = random;
      this.fences = fences;
      memory = new GuestMemory(machine, frames, swap, 1, BASE, SIZE, inBlocks);
      plainState.pmpcfg[0] = 0x1f;
      plainState.pmpaddr[0] = -1L >>> 10;
      plainState.pbmte = true;
      plainState.adue = updatesAd;
      plainMmu =
          new Mmu(
              new MmuConfig(0, 0, 0, 0, 0),
              plain,
              new AddressMap(),
              plainState,
              new GuestTrap(),
              true);
      fill(inBlocks);
      PagingHost host = new PagingHost(machine, frames, new MachineAsids());
      paging = new VmPaging(choice, host, memory, GStageMode.SV48X4);
      machine.writeInt(loop, 0x6f); // j .
      CodeCache code = new CodeCache(machine, Isa.full());
      for (int i = 0; i < 2; i++) {
        vcpus.add(new PagedVcpu(hart(code), memory, updatesAd));
        paging.add(vcpus.getLast());
      }
      vcpu = vcpus.getFirst();
      switchRoot();
    }

    private Hart hart(CodeCache code) {
      MmuConfig mmu = MmuConfig.standard();
      Hart hart = new Hart(0, Isa.full(), new StandingTime(), mmu, machine, new AddressMap(), code);
      long environment = 1L << 62;
      hart.csrs().poke(CsrNumber.MENVCFG, environment);
      hart.csrs().poke(CsrNumber.HENVCFG, environment);
      hart.csrs().poke(CsrNumber.PMPADDR0, -1L);
      hart.csrs().poke(CsrNumber.PMPCFG0, 0x1f);
      hart.csrs().poke(CsrNumber.MSTATUS, 1 << 11);
      hart.mret();
      return hart;
    }

    /** Frames come in any order, some not at all. What is no table says where it is. */
    private void fill(boolean inBlocks) {
      List<Long> gfns = new ArrayList<>();
      for (long gfn = BASE >>> 12; gfn < BASE + SIZE >>> 12; gfn++) {
        gfns.add(gfn);
      }
      Collections.shuffle(gfns, random);
      for (long gfn : gfns.subList(0, inBlocks ? 2 : gfns.size() - 100)) {
        long frame = memory.frameFor(gfn) << 12;
        for (int i = 0; i < 4096 && gfn >= (BASE >>> 12) + TABLES; i += 8) {
          long value = (gfn << 12 | i) << 1;
          plain.writeLong((gfn << 12) + i, value);
          machine.writeLong(frame + i, value);
        }
      }
    }

    private long tableFrame() {
      return BASE + 4096L * random.nextInt(TABLES);
    }

    private long frame() {
      return random.nextInt(4) == 0 ? tableFrame() : BASE + 4096L * random.nextInt(1536);
    }

    private int index() {
      return random.nextInt(8) == 0 ? random.nextInt(512) : random.nextInt(3);
    }

    private void switchRoot() {
      int levels = random.nextInt(12) == 0 ? 0 : 3 + random.nextInt(3);
      long asid = (long) random.nextInt(3) << 44;
      long satp = levels == 0 ? 0 : (long) (levels + 5) << 60 | asid | tableFrame() >>> 12;
      paging.method().setSatp(vcpu, satp);
      fence();
    }

    private long satp() {
      return paging.method().satp(vcpu);
    }

    private int levels() {
      return satp() == 0 ? 0 : (int) (satp() >>> 60) - 5;
    }

    void step(String what) throws DmaFault {
      switch (random.nextInt(40)) {
        case 0 -> switchRoot();
        case 1 -> {
          long gfn = frame() >>> 12;
          switch (random.nextInt(10)) {
            case 0 -> {
              memory.release(gfn);
              plain.zero(gfn << 12, 4096);
            }
            case 1 -> {
              memory.balloon(gfn);
              plain.zero(gfn << 12, 4096);
            }
            case 2 -> memory.revoke(gfn);
            case 3 -> memory.look(random.nextInt(4), 4);
            case 4, 5, 6 -> evicted += memory.evict(random.nextInt(300));
            default -> memory.move(gfn);
          }
        }
        case 2 -> {
          long gpa = BASE + random.nextInt((int) SIZE - 8);
          if (fences) {
            assertThat(memory.readLong(gpa)).as(what).isEqualTo(plain.readLong(gpa));
          }
        }
        case 3, 4, 5 -> map();
        case 6, 7, 8, 9 -> {
          long gpa = tableFrame() + 8 * index();
          long value = entry();
          write(gpa, value);
          fence();
          assertThat(memory.readEntry(gpa)).as(what).isEqualTo(value);
        }
        case 10 -> vcpu = vcpus.get(random.nextInt(2));
        case 11 -> checkHardware(what);
        default -> access(what);
      }
    }

    private void write(long gpa, long value) throws DmaFault {
      memory.writeNumber(gpa, 8, value);
      plain.writeLong(gpa, value);
    }

    /** Makes a path as a kernel would, of tables that others may use otherwise. */
    private void map() throws DmaFault {
      long table = (satp() & (1L << 44) - 1) << 12;
      if (table == 0) {
        return;
      }
      int level = levels() - 1;
      while (level > 0) {
        if (level < 3 && random.nextInt(4) == 0) {
          break;
        }
        long next = tableFrame();
        write(table + 8 * random.nextInt(3), next >>> 2 | 1);
        table = next;
        level--;
      }
      long target = frame() & -(1L << 12 + 9 * level);
      write(table + 8 * random.nextInt(3), target >>> 2 | 0xcf | random.nextInt(2) << 4);
      fence();
    }

    /** Every hart, as a kernel's remote fence does; or none at all. */
    private void fence() {
      if (!fences) {
        return;
      }
      TlbFence fence = paging.method().fence(0, 0, false, false);
      for (PagedVcpu each : vcpus) {
        fence.apply(each.hart.mmu());
      }
    }

    private long entry() {
      long at = frame();
      long ad = random.nextInt(4) == 0 ? random.nextInt(4) << 6 : 0xc0;
      return switch (random.nextInt(14)) {
        case 0 -> 0;
        case 1 -> random.nextLong();
        case 2, 3, 4, 5, 6 -> tableFrame() >>> 2 | 1 | random.nextInt(4) / 3 << 5;
        case 7 -> at >>> 2 & ~(15L << 10) | 8L << 10 | 1L << 63 | ad | 0xf;
        case 8, 9 -> (at & -(2 << 20)) >>> 2 | ad | 0xf | random.nextInt(2) << 5;
        case 10 -> (at & -(1 << 30)) >>> 2 | ad | 0xf;
        case 11 -> 0x1000_0000L >>> 2 | 0xcf;
        default -> at >>> 2 | ad | 1 | random.nextInt(64) | 2;
      };
    }

    private long gva() {
      if (levels() == 0) {
        return frame() + 8 * random.nextInt(512);
      }
      long gva = 0;
      for (int level = 0; level < 5; level++) {
        gva |= (long) index() << 12 + 9 * level;
      }
      int unused = 64 - (12 + 9 * levels());
      return (gva << unused >> unused) + 8 * random.nextInt(512);
    }

    private void access(String what) throws DmaFault {
      int access = random.nextInt(3);
      boolean user = random.nextBoolean();
      boolean sum = access != AccessType.FETCH && random.nextBoolean();
      boolean mxr = access != AccessType.FETCH && random.nextInt(4) == 0;
      plainState.satp = satp();
      plainState.privilege = user ? 0 : 1;
      plainState.sum = sum;
      plainState.mxr = mxr;
      plainMmu.contextChanged();
      vcpu.hart.csrs().poke(CsrNumber.HSTATUS, 1 << 20 | (user ? 0 : S_MODE));
      vcpu.hart.csrs().poke(CsrNumber.VSSTATUS, (sum ? 1 << 18 : 0) | (mxr ? 1 << 19 : 0));
      canary = access == AccessType.STORE ? random.nextLong() | 1 : 0;
      long gva = gva();
      long expected = 0;
      int cause = 0;
      try {
        expected = performPlainly(gva, access);
      } catch (GuestTrap trap) {
        cause = trap.cause;
      }
      String context = what + " gva %x access %d".formatted(gva, access);
      int mode = GuestWalk.mode(user, sum, mxr);
      compare(context, gva, access, mode, expected, cause);
    }

    private long performPlainly(long gva, int access) {
      return switch (access) {
        case AccessType.LOAD -> plainMmu.loadLong(gva);
        case AccessType.STORE -> {
          plainMmu.storeLong(gva, canary);
          yield 0;
        }
        default -> plain.readInt(plainMmu.fetchAddress(gva));
      };
    }

    private long perform(long gva, int access) {
      Mmu mmu = vcpu.hart.mmu();
      return switch (access) {
        case AccessType.LOAD -> mmu.hypervisorLoad(gva, 8, false);
        case AccessType.STORE -> {
          mmu.hypervisorStore(gva, 8, canary);
          yield 0;
        }
        default -> mmu.hypervisorLoad(gva, 4, true);
      };
    }

    private void compare(String what, long gva, int access, int mode, long expected, int cause)
        throws DmaFault {
      for (int tries = 0; tries < 12; tries++) {
        comeToSafePoint(vcpu.hart);
        try {
          long value = perform(gva, access);
          checkCanary(what);
          if (fences) {
            assertThat(cause).as(what).isZero();
            assertThat(value).as(what).isEqualTo(expected);
          }
          succeeded++;
          return;
        } catch (GuestTrap trap) {
          assertThat(trap.cause).as(what).isIn(12, 13, 15);
          TrappedPaging method = (TrappedPaging) paging.method();
          switch (method.pageFault(vcpu, gva, access, mode)) {
            case RETRY -> {}
            case PAGE_FAULT -> {
              endsWith(what, AccessType.pageFault(access), cause);
              return;
            }
            case ACCESS_FAULT -> {
              endsWith(what, AccessType.accessFault(access), cause);
              return;
            }
            case EMULATE -> {
              emulate(what, access, expected, cause);
              return;
            }
          }
        }
      }
      throw new AssertionError(what + ": filling does not help");
    }

    /** What other harts ask for is done before the next instruction; none is counted. */
    private void comeToSafePoint(Hart hart) {
      hart.setPc(loop);
      hart.run(1);
      hart.complete(-1, loop);
    }

    private void endsWith(String what, int actual, int cause) {
      if (fences) {
        assertThat(actual).as(what).isEqualTo(cause);
      }
      faulted++;
    }

    private void emulate(String what, int access, long expected, int cause) throws DmaFault {
      long gpa = vcpu.walk.gpa;
      if (!memory.contains(gpa, 8)) {
        endsWith(what, AccessType.accessFault(access), cause);
        return;
      }
      assertThat(memory.kept(gpa >>> 12)).as(what).isNotZero();
      if (access == AccessType.STORE) {
        memory.writeNumber(gpa, 8, canary);
      } else if (fences) {
        assertThat(memory.readLong(gpa)).as(what).isEqualTo(expected);
      }
      if (fences) {
        assertThat(cause).as(what).isZero();
      }
      fence();
      emulated++;
    }

    /** No store may end up in a table that is the monitor's to write. */
    private void checkCanary(String what) {
      for (long gpa = BASE; canary != 0 && gpa < BASE + 4096 * TABLES; gpa += 8) {
        if ((memory.kept(gpa >>> 12) & GuestMemory.OWN_WRITES) != 0) {
          long hpa = (memory.frameFor(gpa >>> 12) << 12) + (gpa & 4095);
          assertThat(machine.readLong(hpa)).as("%s, table %x", what, gpa).isNotEqualTo(canary);
        }
      }
    }

    // ---- the hardware's tables ---------------------------------------------------------------

    private void checkHardware(String what) {
      for (PagedVcpu each : vcpus) {
        comeToSafePoint(each.hart);
        long vsatp = each.hart.csrs().peek(CsrNumber.VSATP);
        checkTable(what, vsatp & (1L << 44) - 1, (int) (vsatp >>> 60) - 6);
      }
    }

    private void checkTable(String what, long hfn, int level) {
      long gfn = memory.gfnOf(hfn);
      if (gfn >= 0) {
        assertThat(memory.kept(gfn)).as("%s: table %x", what, gfn).isNotZero();
      } else {
        assertThat(frames.use(hfn)).as(what).isEqualTo(FrameTable.Use.TABLE);
      }
      for (int i = 0; i < 512; i++) {
        long entry = machine.readLong((hfn << 12) + 8 * i);
        if ((entry & PteBits.VALID) == 0) {
          continue;
        }
        assertThat(PteBits.faults(entry, level, true, true)).as(what).isFalse();
        assertThat(entry & PteBits.GLOBAL).as(what).isZero();
        long target = PteBits.address(entry) >>> 12;
        if (!PteBits.isLeaf(entry)) {
          checkTable(what, target, level - 1);
          continue;
        }
        for (int k = 0; k < 1 << 9 * level; k++) {
          long mapped = memory.gfnOf(target + k);
          assertThat(mapped).as(what).isNotNegative();
          boolean writes = (entry & PteBits.WRITE) != 0;
          int forbidden = GuestMemory.OWN_READS | (writes ? GuestMemory.OWN_WRITES : 0);
          assertThat(memory.kept(mapped) & forbidden).as("%s: leaf %x", what, entry).isZero();
        }
      }
    }

    void compareAll(String what) throws DmaFault {
      for (long gpa = BASE; gpa < BASE + SIZE; gpa += 8) {
        long value = memory.readLong(gpa);
        if (value != plain.readLong(gpa)) {
          assertThat(value).as("%s: gpa %x", what, gpa).isEqualTo(plain.readLong(gpa));
        }
      }
    }

    void close() {
      plain.close();
      machine.close();
      swap.close();
    }
  }
}
