package dev.quire.monitor.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageCounts;
import dev.quire.monitor.memory.PageState;
import dev.quire.monitor.memory.SwapFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScannerTest {
  private static final long MACHINE = 0x4000_0000L;
  private static final long BASE = 0x8000_0000L;
  private static final long GFN = BASE >>> 12;
  private static final int PAGES = 64;
  private static final int FRAME = 4096;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  private final PhysicalMemory machine = new PhysicalMemory(MACHINE, 2 << 20);
  private final FrameTable frames = new FrameTable(machine);
  private final SwapFile swap = SwapFile.in(folder);
  private final List<GuestMemory> guests = new ArrayList<>();
  private Scanner scanner = scanner(Sharing.Mode.GROUP, Sharing.Order.RANDOM);

  /** VMs 1 and 2 are of group 7, and VM 3 of group 8. */
  @BeforeEach
  void fillMachine() {
    for (int vm = 1; vm <= 3; vm++) {
      guests.add(guest(vm, vm < 3 ? 7 : 8));
    }
  }

  @AfterEach
  void close() {
    swap.close();
    machine.close();
  }

  private Scanner scanner(Sharing.Mode mode, Sharing.Order order) {
    return new Scanner(new Sharing(mode, order, new Sharing.Pace.Rate(1), 5), machine, frames);
  }

  private GuestMemory guest(int vm, int group) {
    GuestMemory guest =
        new GuestMemory(machine, frames, swap, vm, BASE, (long) PAGES * FRAME, false);
    guest.join(group);
    scanner.add(guest, Runnable::run);
    return guest;
  }

  private void use(Scanner other) {
    scanner = other;
    guests.forEach(guest -> scanner.add(guest, Runnable::run));
  }

  private static byte[] content(long seed) {
    byte[] page = new byte[FRAME];
    if (seed != 0) {
      new SplittableRandom(seed).nextBytes(page);
    }
    return page;
  }

  private static void write(GuestMemory guest, int page, long seed) throws DmaFault {
    guest.write(BASE + (long) page * FRAME, content(seed), 0, FRAME);
  }

  private void scanAll() {
    scanner.scan((int) scanner.pages());
  }

  private PageState state(int guest, int page) {
    return guests.get(guest).state(GFN + page);
  }

  private long frame(int guest, int page) {
    return guests.get(guest).populatedFrame(GFN + page);
  }

  private int shared() {
    return guests.stream().mapToInt(guest -> guest.counts().shared()).sum();
  }

  // ---- one thing at a time -------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Sharing.Order.class)
  void equalPagesOfAGroupBecomeOne(Sharing.Order order) throws DmaFault {
    use(scanner(Sharing.Mode.GROUP, order));
    write(guests.get(0), 3, 1);
    write(guests.get(0), 9, 1);
    write(guests.get(1), 5, 1);
    write(guests.get(1), 6, 2);
    write(guests.get(2), 7, 1);
    write(guests.get(2), 8, 2);
    scanAll();
    assertThat(frame(0, 3)).isEqualTo(frame(0, 9)).isEqualTo(frame(1, 5));
    assertThat(frames.references(frame(0, 3))).isEqualTo(3);
    assertThat(shared()).isEqualTo(3);
    assertThat(state(1, 6)).isEqualTo(PageState.PRIVATE);
    assertThat(state(2, 7)).isEqualTo(PageState.PRIVATE);
    assertThat(state(2, 8)).isEqualTo(PageState.PRIVATE);
    assertThat(frames.count(Use.FREE)).isEqualTo(frames.total() - 4);
    ScanCounters counters = scanner.counters();
    assertThat(counters.promoted()).isEqualTo(1);
    assertThat(counters.merged()).isEqualTo(2);
    assertThat(counters.hinted()).isEqualTo(4);
    assertThat(counters.passes()).isEqualTo(1);
    scanAll();
    assertThat(scanner.counters().known())
        .as("each entry, and pages on shared frames")
        .isEqualTo(6);
    assertThat(shared()).isEqualTo(3);
    checkSums(scanner.counters());
  }

  @Test
  void aPageOfZerosIsDroppedInEveryGroup() throws DmaFault {
    write(guests.get(0), 1, 0);
    write(guests.get(2), 1, 0);
    guests.get(2).writeInt(BASE + 2 * FRAME - 4, 0);
    scanAll();
    assertThat(state(0, 1)).isEqualTo(PageState.UNPOPULATED);
    assertThat(guests.get(2).counts().zero()).isEqualTo(1);
    assertThat(scanner.counters().zeroDropped()).isEqualTo(2);
    assertThat(frames.count(Use.FREE)).isEqualTo(frames.total());
  }

  @Test
  void zeroOnlySharesNothing() throws DmaFault {
    use(scanner(Sharing.Mode.ZERO_ONLY, Sharing.Order.RANDOM));
    write(guests.get(0), 1, 0);
    write(guests.get(0), 2, 4);
    write(guests.get(0), 3, 4);
    scanAll();
    scanAll();
    assertThat(state(0, 1)).isEqualTo(PageState.UNPOPULATED);
    assertThat(shared()).isZero();
    assertThat(scanner.counters().zeroDropped()).isEqualTo(1);
    checkSums(scanner.counters());
  }

  @Test
  void aHintIsLookedAtAgainBeforeItIsUsed() throws DmaFault {
    use(scanner(Sharing.Mode.GROUP, Sharing.Order.SEQUENTIAL));
    write(guests.get(1), 0, 1);
    scanAll();
    write(guests.get(1), 0, 2);
    write(guests.get(0), 0, 1);
    scanner.scan(PAGES);
    assertThat(scanner.counters().falseHints()).isEqualTo(1);
    assertThat(scanner.counters().hintHits()).isZero();
    assertThat(shared()).isZero();
    write(guests.get(0), 1, 1);
    scanAll();
    assertThat(frame(0, 1)).as("that page is the hint now").isEqualTo(frame(0, 0));
  }

  @Test
  void aPageThatChangesAllTheTimeIsLeftAlone() throws DmaFault {
    write(guests.get(0), 0, 100);
    write(guests.get(1), 0, 100);
    for (int pass = 1; pass <= 5; pass++) {
      write(guests.get(0), 0, pass);
      write(guests.get(1), 1, pass);
      scanAll();
    }
    assertThat(scanner.counters().skippedVolatile()).isEqualTo(8);
    assertThat(scanner.counters().hinted() + scanner.counters().known()).isEqualTo(6);
    checkSums(scanner.counters());
  }

  @Test
  void aFrameThatWasGivenToAnotherGroupIsNoHint() throws DmaFault {
    write(guests.get(0), 0, 1);
    long frame = frame(0, 0);
    scanAll();
    guests.get(0).release(GFN);
    write(guests.get(2), 0, 1);
    assertThat(frame(2, 0)).isEqualTo(frame);
    write(guests.get(1), 0, 1);
    scanAll();
    scanAll();
    assertThat(shared()).isZero();
    assertThat(state(2, 0)).isEqualTo(PageState.PRIVATE);
    checkSums(scanner.counters());
  }

  @Test
  void aSharedFrameThatIsGoneOrAnothersIsNoHint() throws DmaFault {
    write(guests.get(0), 0, 1);
    write(guests.get(1), 0, 1);
    scanAll();
    assertThat(shared()).isEqualTo(2);
    guests.get(0).release(GFN);
    guests.get(1).release(GFN);
    write(guests.get(2), 0, 2);
    guests.get(2).share(GFN);
    write(guests.get(1), 0, 1);
    write(guests.get(0), 0, 1);
    scanAll();
    scanAll();
    assertThat(frame(0, 0)).isEqualTo(frame(1, 0));
    assertThat(frames.references(frame(2, 0))).isEqualTo(1);
    checkSums(scanner.counters());
  }

  @Test
  void whoHasLeftIsNotLookedAt() throws DmaFault {
    write(guests.get(0), 0, 1);
    write(guests.get(1), 0, 1);
    scanner.remove(guests.get(1));
    scanAll();
    scanAll();
    assertThat(shared()).isZero();
    scanner.remove(guests.get(0));
    scanner.remove(guests.get(2));
    scanner.scan(100);
    assertThat(scanner.pages()).isZero();
  }

  @Test
  void pagesComeToSharedFramesAndLeaveThemAsIsCounted() throws DmaFault {
    SplittableRandom random = new SplittableRandom(9);
    for (int step = 0; step < 3000; step++) {
      if (random.nextInt(20) == 0) {
        scanner.scan(random.nextInt(200));
      }
      write(guests.get(random.nextInt(3)), random.nextInt(PAGES), 1 + random.nextInt(9));
      long left = 0;
      for (GuestMemory guest : guests) {
        left += guest.traffic().breaks() + guest.traffic().reused();
      }
      ScanCounters counters = scanner.counters();
      assertThat(shared()).isEqualTo(counters.promoted() + counters.merged() - left);
    }
    assertThat(scanner.counters().merged()).isGreaterThan(300);
  }

  // ---- all at once ---------------------------------------------------------------------------

  /** What each guest wrote, by page: the seed of its content. */
  private final Map<GuestMemory, long[]> written = new HashMap<>();

  @ParameterizedTest
  @EnumSource(Sharing.Order.class)
  void whateverIsWrittenEachGuestReadsItsOwn(Sharing.Order order) throws DmaFault {
    use(scanner(Sharing.Mode.GROUP, order));
    SplittableRandom random = new SplittableRandom(3);
    guests.forEach(guest -> written.put(guest, new long[PAGES]));
    int restarts = 0;
    for (int step = 0; step < 20_000; step++) {
      GuestMemory guest = guests.get(random.nextInt(guests.size()));
      int page = random.nextInt(PAGES);
      switch (random.nextInt(16)) {
        case 0 -> scanner.scan(random.nextInt(100));
        case 1 -> guest.evict(random.nextInt(4));
        case 2 -> forget(guest, page);
        case 3 -> guest.move(GFN + page);
        case 4 -> restarts += restart(random);
        default -> {
          long seed = random.nextInt(20);
          write(guest, page, seed);
          seeds(guest)[page] = seed;
        }
      }
      if (step % 64 == 0) {
        checkContent();
        checkFrames();
        checkSums(scanner.counters());
      }
    }
    assertThat(scanner.counters().merged()).isGreaterThan(500);
    assertThat(scanner.counters().falseHints()).isPositive();
    assertThat(restarts).isPositive();
  }

  private void forget(GuestMemory guest, int page) {
    guest.balloon(GFN + page);
    seeds(guest)[page] = 0;
  }

  private long[] seeds(GuestMemory guest) {
    return Objects.requireNonNull(written.get(guest));
  }

  /** A VM ends, and another of another group gets its number and its frames. */
  private int restart(SplittableRandom random) {
    if (random.nextInt(50) > 0) {
      return 0;
    }
    int which = random.nextInt(guests.size());
    GuestMemory old = guests.get(which);
    scanner.remove(old);
    old.close();
    written.remove(old);
    GuestMemory next = guest(old.vm(), 7 + random.nextInt(2));
    guests.set(which, next);
    written.put(next, new long[PAGES]);
    return 1;
  }

  private void checkContent() {
    byte[] page = new byte[FRAME];
    for (GuestMemory guest : guests) {
      long[] seeds = seeds(guest);
      for (int i = 0; i < PAGES; i++) {
        guest.peek(GFN + i, page);
        assertThat(Arrays.equals(page, content(seeds[i])))
            .as("page %d of VM %d", i, guest.vm())
            .isTrue();
      }
    }
  }

  /** A frame's references are its pages, all of one group; and everything adds up. */
  private void checkFrames() {
    Map<Long, Integer> references = new HashMap<>();
    Map<Long, Integer> groups = new HashMap<>();
    int leaves = 0;
    for (GuestMemory guest : guests) {
      PageCounts counts = guest.counts();
      leaves += counts.shared();
      assertThat(
              counts.privatePages()
                  + counts.shared()
                  + counts.swapped()
                  + counts.ballooned()
                  + counts.unpopulated())
          .isEqualTo(PAGES);
      for (int i = 0; i < PAGES; i++) {
        long hfn = guest.populatedFrame(GFN + i);
        if (hfn >= 0) {
          references.merge(hfn, 1, Integer::sum);
          assertThat(groups.merge(hfn, guest.group(), (one, other) -> one.equals(other) ? one : -1))
              .as("group of frame 0x%x", hfn)
              .isEqualTo(guest.group());
        }
      }
    }
    references.forEach(
        (hfn, count) -> assertThat(frames.references(hfn)).as("of 0x%x", hfn).isEqualTo(count));
    FrameTable.Counts counts = frames.counts();
    assertThat(counts.guest()).isEqualTo(references.size());
    assertThat(counts.free() + counts.guest() + counts.tables()).isEqualTo(frames.total());
    assertThat(counts.shared()).isLessThanOrEqualTo(leaves);
  }

  private static void checkSums(ScanCounters counters) {
    assertThat(
            counters.zeroDropped()
                + counters.skippedVolatile()
                + counters.known()
                + counters.hinted()
                + counters.merged()
                + counters.failed())
        .isEqualTo(counters.scanned());
    assertThat(counters.hintHits() + counters.sharedHits())
        .isEqualTo(counters.merged() + counters.failed());
  }
}
