package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.explain.TableAudit;
import dev.quire.monitor.memory.PageWatcher;
import dev.quire.monitor.vcpu.FenceRange;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A P2M that changes underneath a guest: at random instants of its time random frames are moved to
 * other machine frames, shared, or taken from the tables until they are touched again; and what the
 * MMU can reach is looked through before. The guest must not notice. Some are watched, and none of
 * these changes before that was told.
 */
final class Upheaval {
  private final VirtualMachine vm;
  private final Random random;
  private final long longestPause;
  private final int frames;
  private final Watch watch = new Watch();
  private int times;

  /**
   * @param longestPause nanoseconds of guest time from one change to the next, at most
   * @param frames how many frames each concerns, at most
   */
  Upheaval(VirtualMachine vm, long seed, long longestPause, int frames) {
    this.vm = vm;
    this.random = new Random(seed);
    this.longestPause = longestPause;
    this.frames = frames;
    vm.memory().watchWith(watch);
  }

  /** From now on, under the instruction clock. */
  Upheaval begin() {
    vm.clock().schedule(random.nextLong(longestPause), this::change);
    return this;
  }

  int times() {
    return times;
  }

  /** How often a page that was watched has changed. */
  int watchedChanges() {
    return watch.changes;
  }

  /** Pages that are watched, with what was in them. */
  private final class Watch implements PageWatcher {
    private final Map<Long, byte[]> pages = new HashMap<>();
    private int changes;

    void add(long gfn) {
      if (vm.memory().watch(gfn)) {
        var _ = pages.putIfAbsent(gfn, page(gfn));
      }
    }

    private byte[] page(long gfn) {
      byte[] page = new byte[4096];
      var _ = vm.memory().peek(gfn, page);
      return page;
    }

    void check() {
      pages.forEach((gfn, page) -> assertThat(page(gfn)).as("0x%x", gfn).isEqualTo(page));
    }

    @Override
    public void changes(long gfn, Change why) {
      assertThat(page(gfn)).as("0x%x before a %s", gfn, why).isEqualTo(pages.remove(gfn));
      changes++;
    }

    @Override
    public boolean giveFrames(int count) {
      return false;
    }

    @Override
    public void deflated() {}
  }

  private void change() {
    times++;
    audit(vm, false);
    if (random.nextBoolean()) {
      for (GuestCpu cpu : vm.vcpus()) {
        cpu.fenceAddresses(cpu, new FenceRange(0, -1, false, 0));
      }
      audit(vm, true);
    }
    watch.check();
    shuffle(vm, random, frames);
    int gfns = (int) (vm.memory().size() >>> 12);
    for (int i = random.nextInt(1 + frames / 4); i > 0; i--) {
      watch.add((vm.memory().base() >>> 12) + random.nextInt(gfns));
    }
    var _ = begin();
  }

  /**
   * Moves and revokes up to {@code frames} populated frames, here and there or side by side; shares
   * some; looks at what is in use, and evicts some if there is anywhere to.
   */
  static void shuffle(VirtualMachine vm, Random random, int frames) {
    long first = vm.memory().base() >>> 12;
    int gfns = (int) (vm.memory().size() >>> 12);
    int start = random.nextInt(gfns);
    boolean together = random.nextBoolean();
    for (int i = 1 + random.nextInt(frames); i > 0; i--) {
      long gfn = first + (together ? (start + i) % gfns : random.nextInt(gfns));
      if (random.nextInt(3) > 0) {
        vm.memory().move(gfn);
      } else {
        vm.memory().revoke(gfn);
      }
    }
    if (random.nextInt(3) == 0) {
      share(vm, random, first + start, Math.min(frames, gfns - start));
    }
    if (random.nextInt(4) == 0) {
      vm.memory().look(random.nextInt(3), 3);
      vm.memory().evict(random.nextInt(1 + frames / 20));
    }
  }

  /** Shares equal pages among some that follow each other, and drops pages of zeros. */
  private static void share(VirtualMachine vm, Random random, long from, int count) {
    Map<Integer, Long> seen = new HashMap<>();
    byte[] page = new byte[4096];
    for (long gfn = from; gfn < from + count; gfn++) {
      if (vm.memory().sharable(gfn) < 0) {
        continue;
      }
      vm.memory().peek(gfn, page);
      Long twin = seen.putIfAbsent(Arrays.hashCode(page), gfn);
      if (twin != null) {
        vm.memory().shareWith(gfn, vm.memory().share(twin));
      } else if (random.nextInt(8) == 0) {
        vm.memory().share(gfn);
      }
      if (random.nextInt(16) == 0) {
        vm.memory().dropZero(gfn);
      }
    }
  }

  /** While no vCPU runs: lets each do first what it was asked to before its next instruction. */
  static List<String> findings(VirtualMachine vm, boolean fenced) {
    vm.vcpus().forEach(cpu -> cpu.hart().run(0));
    return TableAudit.findings(vm, fenced);
  }

  static void audit(VirtualMachine vm, boolean fenced) {
    assertThat(findings(vm, fenced)).isEmpty();
  }
}
