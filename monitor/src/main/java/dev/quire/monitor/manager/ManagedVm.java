package dev.quire.monitor.manager;

import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.estimate.Wilson;
import dev.quire.monitor.memory.PageCounts;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Activity;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ProxySnapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.vcpu.GuestCpu;
import org.jspecify.annotations.Nullable;

/**
 * A VM as memory management knows it. Its methods are for the thread of the machine's clock, unless
 * they say otherwise.
 */
public final class ManagedVm {
  /** Steps for which what it held is remembered. */
  private static final int REMEMBERED = 64;

  /** Bytes in frames of its own that a VM keeps which is over its target because it shares. */
  private static final long LEAST_OWN = 4 << 20;

  private final String name;
  private final VirtualMachine vm;
  private final BalloonControl balloon;
  private final Move move;
  private final Stillness stillness = new Stillness();
  private final @Nullable ManagedProxy proxy;
  private final long[] heldBefore = new long[REMEMBERED];
  private int steps;
  private Limits limits;
  private @Nullable Target target;
  private long fixedBalloon = -1;
  private long swappedInBefore;
  private boolean held;
  private long heardTotal = BalloonStatistics.UNKNOWN;
  private long heardFree = BalloonStatistics.UNKNOWN;
  private long heardAvailable = BalloonStatistics.UNKNOWN;
  private boolean heardObeys;
  private Activity activity = Activity.UNKNOWN;

  /** Not yet managed: {@link MemoryManager#add} follows. */
  public ManagedVm(String name, VirtualMachine vm, Limits limits) {
    this.name = name;
    this.vm = vm;
    this.limits = limits.check(name, vm.memory().size());
    this.balloon = new BalloonControl(driver(vm.balloon()), vm.memory().size());
    this.proxy = vm.proxy() == null ? null : new ManagedProxy(vm.proxy(), vm.memory());
    this.move = new Move(vm.memory().traffic());
  }

  private static @Nullable BalloonDriver driver(@Nullable VirtioBalloon device) {
    return device == null ? null : BalloonDriver.of(device);
  }

  public String name() {
    return name;
  }

  public VirtualMachine vm() {
    return vm;
  }

  public Limits limits() {
    return limits;
  }

  /** Changes what it is entitled to, from the next decision on. */
  public void limit(Limits newLimits) {
    limits = newLimits.check(name, vm.memory().size());
  }

  /** What was decided for it last, and why; null before the first decision. */
  public @Nullable Target target() {
    return target;
  }

  void decide(Target newTarget) {
    target = newTarget;
  }

  /** What it may hold: its max before anything was decided. */
  long targetBytes() {
    return target == null ? limits.max() : target.bytes();
  }

  /** What the guest's balloon driver said last. */
  public BalloonStatistics statistics() {
    return balloon.statistics();
  }

  /** What the balloon is asked for, in bytes. */
  public long balloonAsked() {
    return balloon.asked();
  }

  /** What the guest's driver says that the balloon holds, in bytes. */
  public long balloonActual() {
    return balloon.actual();
  }

  /** Whether the guest's balloon does what it is asked. */
  public boolean obeys() {
    return balloon.obeys();
  }

  /** Whether it stands still because memory is too short. */
  public boolean isHeld() {
    return held;
  }

  /** Sets the balloon to a size in bytes, whatever the policy says, until {@code size} is -1. */
  public void fixBalloon(long size) {
    fixedBalloon = size;
    if (size >= 0) {
      balloon.set(size);
    }
  }

  /** Bytes of machine memory behind its pages and in its cache; what it shares counts in full. */
  long heldBytes() {
    return vm.memory().resident() + cached();
  }

  private long cached() {
    return proxy == null ? 0 : proxy.cached();
  }

  /** Pages that its cache has lost to others. */
  public long dropped() {
    return proxy == null ? 0 : proxy.dropped();
  }

  /** Whether it has proxy memory: then its guest keeps M0, whatever is free. */
  boolean hasProxy() {
    return proxy != null;
  }

  /** What its guest may hold of what the VM may hold. */
  long guestBytes() {
    return proxy == null ? targetBytes() : proxy.keeps(targetBytes());
  }

  /** Holds its cache to what the target leaves for it. */
  void limitCache() {
    if (proxy != null) {
      proxy.limit(targetBytes());
    }
  }

  /**
   * By how much it holds more than {@code most} bytes, as far as that can be taken by balloon or
   * swap: swapping a page whose frame it shares frees nothing. A VM that is over because it shares
   * much keeps something of its own to work with.
   */
  long over(long most) {
    long own = vm.memory().counts().privatePages() * Policy.PAGE;
    return Math.clamp(heldBytes() - most, 0, Math.max(0, own - Math.min(LEAST_OWN, most)));
  }

  /**
   * Notes what its balloon's driver has said, and its sampler and proxy memory have seen, before
   * {@link #snapshot}, which locks its memory.
   */
  void hear() {
    Sampler sampler = vm.sampler();
    Estimate seen = sampler == null ? null : sampler.now();
    activity = seen == null ? Activity.UNKNOWN : activity(seen);
    if (proxy != null) {
      proxy.hear();
    }
    heardTotal = statistics().total();
    heardFree = statistics().free();
    heardAvailable = balloon.available();
    heardObeys = obeys();
  }

  private static Activity activity(Estimate seen) {
    Wilson interval = seen.interval();
    return new Activity(
        seen.maximum(), seen.sampled(), seen.touched(), interval.low(), interval.high());
  }

  // ---- for the manager -----------------------------------------------------------------------

  /** Whether it cannot do anything: somebody holds it, or it waits for frames. */
  boolean standsStill() {
    return !vm.held().isEmpty() || vm.vcpus().stream().anyMatch(GuestCpu::waitsForFrames);
  }

  BalloonControl balloon() {
    return balloon;
  }

  boolean hasFixedBalloon() {
    return fixedBalloon >= 0;
  }

  Move move() {
    return move;
  }

  Stillness stillness() {
    return stillness;
  }

  void remember() {
    heldBefore[steps++ % REMEMBERED] = heldBytes();
  }

  /** By how much it holds more than {@code ago} steps ago, as far as that is remembered. */
  long grown(int ago) {
    int back = Math.min(Math.min(ago, REMEMBERED), steps);
    return back == 0 ? 0 : heldBytes() - heldBefore[(steps - back) % REMEMBERED];
  }

  void hold(boolean still) {
    if (held != still) {
      held = still;
      vm.hold(VirtualMachine.Held.FOR_MEMORY, still);
    }
  }

  /** Takes frames from it, as far as there are pages to take; how many. */
  int evict(int pages) {
    int[] taken = {0};
    vm.clock().whileStopped(() -> taken[0] = vm.memory().evict(pages));
    return taken[0];
  }

  /** Its part of a snapshot, which begins a new period if {@code decides}. */
  VmSnapshot snapshot(boolean decides) {
    PageCounts counts = vm.memory().counts();
    PageTraffic traffic = vm.memory().traffic();
    long swappedIn = traffic.swappedIn() - swappedInBefore;
    if (decides) {
      swappedInBefore = traffic.swappedIn();
    }
    return new VmSnapshot(
        name,
        vm.memory().size(),
        limits.min(),
        limits.max(),
        limits.shares(),
        counts.privatePages() * Policy.PAGE,
        counts.shared() * Policy.PAGE,
        counts.zero() * Policy.PAGE,
        counts.swapped() * Policy.PAGE,
        counts.ballooned() * Policy.PAGE,
        counts.unpopulated() * Policy.PAGE,
        cached(),
        target == null ? 0 : target.bytes(),
        activity,
        swappedIn * Policy.PAGE,
        heardTotal,
        heardAvailable,
        heardFree,
        heardObeys,
        proxy == null ? ProxySnapshot.NONE : proxy.snapshot(decides));
  }
}
