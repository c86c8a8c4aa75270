package dev.quire.monitor.sharing;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the pages of a machine's VMs, drops those that are all zero, and has equal ones share a
 * frame (Waldspurger, section 4). Looking neither touches a page nor brings it in.
 *
 * <pre>
 *   the page has changed since it was last seen    it is volatile: left alone until the next pass
 *   no frame is known for its key                  it becomes a hint, and stays writable
 *   a hint is, and it is equal                     the hint's frame becomes shared, the page merges
 *   a hint is, and it has changed                  the page becomes the hint in its place
 *   a shared frame is, and it is equal             the page merges: it maps that frame
 * </pre>
 *
 * Only pages of one group are compared. What a batch has found is done VM by VM, while that VM
 * stands still; until then everything may change, which {@link GuestMemory} finds out. For the
 * thread of the machine's clock.
 */
public final class Scanner {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;

  /** In place of a frame's key: the frame is all zero. */
  private static final long ZERO = SharingTable.NONE;

  /** One VM whose pages are looked at. */
  private static final class Member {
    final GuestMemory memory;
    final Consumer<Runnable> whileStopped;
    final FrameHash hash;
    final Merges merges;

    Member(GuestMemory memory, Consumer<Runnable> whileStopped, FrameHash hash) {
      this.memory = memory;
      this.whileStopped = whileStopped;
      this.hash = hash;
      this.merges = new Merges(memory);
    }
  }

  private final Sharing.Mode mode;
  private final PhysicalMemory machine;
  private final FrameTable frames;
  private final long firstHfn;
  private final long seed;
  private final ScanOrder order;
  private final @Nullable SharingTable table;
  private final List<Member> members = new ArrayList<>();

  /** Where each member's pages begin among all, and behind the last where they end. */
  private long[] starts = {0};

  /** By VM number. */
  private @Nullable Member[] byNumber = {};

  /**
   * By group. Each has a seed of its own, so that equal pages of two groups differ in their key.
   */
  private final Map<Integer, FrameHash> hashes = new HashMap<>();

  private long scanned;
  private long skippedVolatile;
  private long known;
  private long hinted;
  private long hintHits;
  private long falseHints;
  private long sharedHits;
  private long falseShared;
  private final Merges.Counts merged = new Merges.Counts();

  /** Looks at nothing yet. */
  public Scanner(Sharing sharing, PhysicalMemory machine, FrameTable frames) {
    this.mode = sharing.mode();
    this.machine = machine;
    this.frames = frames;
    this.firstHfn = machine.base() >>> SHIFT;
    this.seed = sharing.seed();
    this.order = new ScanOrder(sharing.order() == Sharing.Order.RANDOM, seed);
    this.table = mode == Sharing.Mode.GROUP ? new SharingTable(frames.total()) : null;
  }

  /**
   * Looks at one more VM's pages, from a new pass on.
   *
   * @param whileStopped runs an action while none of the VM's vCPUs does
   */
  public void add(GuestMemory memory, Consumer<Runnable> whileStopped) {
    FrameHash hash =
        hashes.computeIfAbsent(memory.group(), group -> new FrameHash(machine, seed * 31 + group));
    Member member = new Member(memory, whileStopped, hash);
    if (memory.vm() >= byNumber.length) {
      byNumber = Arrays.copyOf(byNumber, memory.vm() + 1);
    }
    byNumber[memory.vm()] = member;
    members.add(member);
    begin();
  }

  /** Looks at that VM no more. */
  public void remove(GuestMemory memory) {
    members.removeIf(member -> member.memory == memory);
    Member last = byNumber[memory.vm()];
    if (last != null && last.memory == memory) { // and not one that has its number already
      byNumber[memory.vm()] = null;
    }
    begin();
  }

  private void begin() {
    starts = new long[members.size() + 1];
    for (int i = 0; i < members.size(); i++) {
      starts[i + 1] = starts[i] + (members.get(i).memory.size() >>> SHIFT);
    }
    order.begin(starts[members.size()]);
  }

  /** How many pages all VMs have that are looked at, with or without a frame: those of a pass. */
  public long pages() {
    return starts[starts.length - 1];
  }

  /** Looks at the next {@code pages} pages, and then does what is to be done with them. */
  public void scan(int pages) {
    for (int i = 0; i < pages && pages() > 0; i++) {
      long number = order.next();
      int place = Arrays.binarySearch(starts, number);
      int which = place >= 0 ? place : -place - 2;
      Member member = members.get(which);
      look(member, (member.memory.base() >>> SHIFT) + number - starts[which]);
    }
    for (Member member : members) {
      if (member.merges.hasHints()) {
        member.whileStopped.accept(() -> member.merges.promote(merged));
      }
    }
    for (Member member : members) {
      if (member.merges.hasPages()) {
        member.whileStopped.accept(() -> member.merges.merge(merged));
      }
    }
  }

  private void look(Member member, long gfn) {
    long hfn;
    long key;
    synchronized (member.memory) {
      hfn = member.memory.sharable(gfn);
      if (hfn < 0) {
        return;
      }
      key = keyOf(member, hfn);
    }
    scanned++;
    if (key == ZERO) {
      member.merges.zero(gfn);
    } else if (table == null) {
      known++;
    } else {
      compare(table, member, gfn, hfn, key);
    }
  }

  private long keyOf(Member member, long hfn) {
    if (machine.isZeroFrame(hfn << SHIFT)) {
      return ZERO;
    }
    return table == null ? 1 : member.hash.of(hfn << SHIFT);
  }

  private void compare(SharingTable entries, Member member, long gfn, long hfn, long key) {
    int frame = (int) (hfn - firstHfn);
    long before = entries.key(frame);
    entries.seen(frame, key);
    if (before != key && before != SharingTable.NONE) {
      skippedVolatile++;
      return;
    }
    int other = entries.find(key);
    if (other == frame) {
      known++;
    } else if (other < 0) {
      hint(entries, frame);
    } else if (frames.use(firstHfn + other) == Use.SHARED) {
      meetShared(entries, member, gfn, frame, other, key);
    } else {
      meetHint(entries, member, gfn, frame, other, key);
    }
  }

  private void hint(SharingTable entries, int frame) {
    entries.insert(frame);
    hinted++;
  }

  private void meetShared(
      SharingTable entries, Member member, long gfn, int frame, int other, long key) {
    long hfn = firstHfn + other;
    if (frames.group(hfn) == member.memory.group() && isStill(member, hfn, frame, key)) {
      sharedHits++;
      member.merges.page(gfn, hfn);
    } else {
      falseShared++;
      entries.drop(other);
      hint(entries, frame);
    }
  }

  private void meetHint(
      SharingTable entries, Member member, long gfn, int frame, int other, long key) {
    long hfn = firstHfn + other;
    int number = frames.owner(hfn);
    Member owner = number < byNumber.length ? byNumber[number] : null;
    if (owner != null && owner.hash == member.hash && isStill(member, hfn, frame, key)) {
      long ownerGfn = owner.memory.gfnOf(hfn);
      if (ownerGfn >= 0) {
        hintHits++;
        owner.merges.hint(ownerGfn, hfn);
        member.merges.page(gfn, hfn);
        return;
      }
    }
    falseHints++;
    entries.drop(other);
    hint(entries, frame);
  }

  /**
   * Whether a frame has its key still: it has if it is equal to one that has, else that is found
   * out. The frame may be written, or given to others meanwhile; it is only read.
   */
  private boolean isStill(Member member, long hfn, int frame, long key) {
    return machine.sameFrame(hfn << SHIFT, firstHfn + frame << SHIFT)
        || member.hash.of(hfn << SHIFT) == key;
  }

  /** What came of it so far. */
  public ScanCounters counters() {
    return new ScanCounters(
        order.passes(),
        scanned,
        merged.zeroDropped,
        skippedVolatile + merged.zeroChanged,
        known,
        hinted,
        hintHits,
        falseHints,
        sharedHits,
        falseShared,
        merged.promoted,
        merged.merged,
        merged.failed);
  }
}
