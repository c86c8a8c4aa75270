package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.CountingMachineClock;
import dev.quire.machine.board.UserError;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.vcpu.Exits.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many guests on a machine that has too little memory for them, some of them lawless: pages come
 * and go all the time, by nothing but need, and every lawful guest sees what it sees alone.
 */
class CrowdedMachineTest {
  private static final int STEPS = 3000;
  private static final long LIMIT_NANOS = 5_000_000;

  /** So much is not kept back that the guests, and their tables, would use more. */
  private static final long MACHINE = 32 << 20;

  private static final int FRAMES = 390;

  /** Guest time between two times that all that is equal is shared. */
  private static final long MERGE_NANOS = 3_000;

  private static final int GROUP = 20_000;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  /** What a kernel came to. */
  private record Outcome(long hash, long instructions, int memory) {
    static Outcome of(VirtualMachine vm) {
      try {
        byte[] memory = new byte[RandomKernel.FRAMES << 12];
        vm.memory().read(RandomKernel.PLAYGROUND, memory, 0, memory.length);
        Hart hart = vm.vcpus().getFirst().hart();
        return new Outcome(hart.x[RandomKernel.HASH], hart.completed(), Arrays.hashCode(memory));
      } catch (DmaFault e) {
        throw new AssertionError(e);
      }
    }
  }

  private static Program lawful(long seed) {
    return new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
  }

  private static Outcome alone(long seed) {
    try (Guest guest = new Guest(lawful(seed), options -> options.paging(PagingChoice.NATIVE))) {
      guest.vm().clock().schedule(LIMIT_NANOS, () -> guest.vm().stop(0));
      guest.run();
      return Outcome.of(guest.vm());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {100, 200})
  @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void guestsThatShareTooLittleMemoryNoticeNothing(long seed) {
    List<Outcome> expected = new ArrayList<>();
    List<Guest> lawful = new ArrayList<>();
    List<Guest> lawless = new ArrayList<>();
    CountingMachineClock clock = new CountingMachineClock();
    try (Machine machine =
        Machine.forMany(MACHINE, (int) (MACHINE >> 12) - FRAMES, SwapFile.in(folder), 0)) {
      int[] running = {0};
      for (PagingChoice paging : PagingChoice.values()) {
        if (paging == PagingChoice.NATIVE) {
          continue;
        }
        long kernel = seed + lawful.size();
        expected.add(alone(kernel));
        lawful.add(start(machine, clock, running, lawful(kernel), paging, 1));
        Program wild = RandomKernel.lawless(kernel, 3, 2).build(STEPS);
        lawless.add(start(machine, clock, running, wild, paging, 2));
      }
      clock.run();
      List<Outcome> outcomes = lawful.stream().map(guest -> Outcome.of(guest.vm())).toList();
      assertThat(outcomes).isEqualTo(expected);
      long swapped = 0;
      for (Guest guest : lawful) {
        Upheaval.audit(guest.vm(), false);
        swapped += guest.vm().memory().traffic().swappedIn();
      }
      lawless.forEach(guest -> Upheaval.audit(guest.vm(), false));
      assertThat(swapped).as("pages that lawful guests got back").isGreaterThan(50);
      lawful.forEach(Guest::close);
      lawless.forEach(Guest::close);
      assertThat(machine.frames().count(FrameTable.Use.FREE)).isEqualTo(machine.frames().total());
    }
  }

  /** The same kernel under each method twice, so that most pages have twins elsewhere. */
  @ParameterizedTest
  @ValueSource(longs = {300, 400})
  @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void guestsOnTheSameFramesNoticeNothing(long seed) {
    Outcome expected = alone(seed);
    List<Guest> guests = new ArrayList<>();
    CountingMachineClock clock = new CountingMachineClock();
    try (Machine machine =
        Machine.forMany(MACHINE, (int) (MACHINE >> 12) - FRAMES, SwapFile.in(folder), 0)) {
      int[] running = {0};
      for (PagingChoice paging : PagingChoice.values()) {
        for (int i = 0; i < 2 && paging != PagingChoice.NATIVE; i++) {
          guests.add(start(machine, clock, running, lawful(seed), paging, 1));
          guests.getLast().vm().memory().join(GROUP);
        }
      }
      Map<Integer, Long> frames = new HashMap<>();
      int[] merged = {0};
      guests.forEach(guest -> shareNow(guest.vm(), frames, merged));
      clock.run();
      long breaks = 0;
      for (Guest guest : guests) {
        assertThat(Outcome.of(guest.vm())).as(guest.vm().choice().word()).isEqualTo(expected);
        Upheaval.audit(guest.vm(), false);
        breaks += guest.vm().memory().traffic().breaks();
      }
      assertThat(merged[0]).as("pages put on others' frames").isGreaterThan(500);
      assertThat(breaks).as("copies on write").isGreaterThan(60);
      guests.forEach(Guest::close);
      assertThat(machine.frames().count(FrameTable.Use.FREE)).isEqualTo(machine.frames().total());
    }
  }

  /** Now and then puts a VM's pages on frames with the same content, its own or others'. */
  private static void shareNow(VirtualMachine vm, Map<Integer, Long> frames, int[] merged) {
    byte[] page = new byte[4096];
    GuestMemory memory = vm.memory();
    long first = memory.base() >>> 12;
    for (long gfn = first; gfn < first + (memory.size() >>> 12); gfn++) {
      if (memory.sharable(gfn) >= 0) {
        memory.peek(gfn, page);
        int hash = Arrays.hashCode(page);
        boolean same = memory.shareWith(gfn, frames.getOrDefault(hash, -1L));
        merged[0] += same ? 1 : 0;
        if (!same) {
          frames.put(hash, memory.share(gfn));
        }
      }
    }
    vm.clock().schedule(MERGE_NANOS, () -> shareNow(vm, frames, merged));
  }

  /** Nobody tells it that there are some. */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void aGuestThatWaitsForFramesLooksForThem() {
    long area = GuestLayout.RAM + (8 << 20);
    Program program = new Program().li(Program.S0, 1);
    for (int page = 0; page < 300; page++) {
      program.li(Program.T1, area + page * 4096L).store(3, Program.S0, Program.T1, 0);
    }
    try (Machine machine = Machine.forMany(MACHINE, 256, null, 0);
        Guest guest = new Guest(program.powerOff(), options -> options, machine)) {
      FrameTable frames = machine.frames();
      List<Long> others = new ArrayList<>();
      while (frames.count(FrameTable.Use.FREE) > 300) {
        others.add(frames.allocate(FrameTable.Use.GUEST, FrameTable.NOBODY));
      }
      guest.vm().clock().schedule(3_000_000_000L, () -> others.forEach(frames::release));
      guest.run();
      assertThat(guest.vm().exits().get(Reason.NO_FRAMES)).isBetween(2L, 40L);
      assertThat(guest.vm().clock().now()).isBetween(3_000_000_000L, 3_200_000_000L);
      assertThat(guest.read(area + 299 * 4096L)).isEqualTo(1);
    }
  }

  @Test
  void aGuestThatCannotBeLoadedLeavesNothingBehind() {
    try (Machine machine = Machine.forMany(MACHINE, 0, SwapFile.in(folder), 0)) {
      GuestFile large = new GuestFile("large", new byte[15 << 20]);
      assertThatThrownBy(
              () -> new Guest(lawful(1), options -> options.initrd(large), machine).close())
          .isInstanceOf(UserError.class);
      assertThat(machine.frames().count(FrameTable.Use.FREE)).isEqualTo(machine.frames().total());
      try (Guest guest = new Guest(lawful(1), options -> options, machine)) {
        assertThat(guest.vm().number()).isEqualTo(1);
      }
    }
  }

  private static Guest start(
      Machine machine,
      CountingMachineClock clock,
      int[] running,
      Program program,
      PagingChoice paging,
      int cpus) {
    Guest guest =
        new Guest(
            program,
            options -> options.paging(paging).cpus(cpus),
            machine,
            power -> clock.computer(power, 1));
    running[0]++;
    VirtualMachine vm = guest.vm();
    vm.clock().schedule(LIMIT_NANOS, () -> vm.stop(0));
    new Upheaval(vm, vm.number(), 10_000, 100).begin();
    clock.start(
        vm.clock(),
        () -> {
          if (--running[0] == 0) {
            clock.stop();
          }
        });
    return guest;
  }
}
