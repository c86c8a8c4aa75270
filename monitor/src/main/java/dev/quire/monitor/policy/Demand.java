package dev.quire.monitor.policy;

/**
 * How much memory one VM has a use for. What it touches is seen; but a guest that is short because
 * its balloon is inflated cannot touch what it does not have, and works it out within itself. So
 * its own numbers are believed too:
 *
 * <pre>
 *   used  U = configured - ballooned - available
 *   needs   = U + U/8, and if less than U/8 is available, three times what is missing of that:
 *             from U + U/8 (an eighth is available) to U + U/2 (nothing is)
 *   wants   = the greater of needs and held + swapped + displaced, within min and max
 *   active  = what sampling found, at most what is held, and what is missing of U/8, and what came
 *             back from swap
 * </pre>
 *
 * <p>What a cache holds is held; <i>displaced</i> is what it had no room for in the last period:
 * with so much more it would hold that, too. Whether it would ever be read is not known here.
 *
 * <p>A guest that has used up all it has so wants half as much again each period: from 100 MiB to
 * 250 MiB in three. U does not change when only the balloon moves, so a guest that got what it
 * wanted wants the same again, and nothing swings. A guest that tells nothing (it is starting, or
 * has no driver) wants half as much again as it has, since nothing else shows that it grows. Where
 * nothing was sampled yet, all that is held counts as active.
 *
 * @param vm whose demand it is
 * @param wanted bytes, within min and max
 * @param active bytes of these in use, at most {@code wanted}
 * @param missing bytes by which the guest has less available than is comfortable; 0 if it has
 *     enough or tells nothing
 */
record Demand(VmSnapshot vm, long wanted, long active, long missing) {
  private static final int HASTE = 3;

  static Demand of(VmSnapshot vm) {
    long has = vm.held() + vm.swapped() + vm.proxy().displaced();
    long missing = 0;
    long needs = has + has / 2;
    if (vm.used() >= 0) {
      missing = Math.max(0, vm.comfort() - vm.guestAvailable());
      needs = vm.used() + vm.comfort() + HASTE * missing;
    }
    long wanted = Math.clamp(wholePages(Math.max(has, needs)), vm.min(), vm.max());
    long touched = vm.activity().measured() ? vm.active() : vm.held();
    long returned = Math.min(vm.swapped(), vm.swappedIn());
    long active = touched + missing + returned;
    return new Demand(vm, wanted, Math.min(active, wanted), missing);
  }

  /** The active part of what is held, from 0 to 1; 1 if nothing is held. */
  double activeFraction() {
    return vm.held() <= active ? 1 : (double) active / vm.held();
  }

  private static long wholePages(long bytes) {
    return (bytes + Policy.PAGE - 1) / Policy.PAGE * Policy.PAGE;
  }
}
