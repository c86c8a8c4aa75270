package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.monitor.memory.GuestMemory;
import java.util.List;
import java.util.function.ToLongFunction;

/** LR/SC reservations of the harts that run a VM. */
final class Reservations {
  /** Kernel and user both reach their pages so. */
  private static final int ANYONE = GuestWalk.mode(false, true, true);

  private Reservations() {}

  /** Whether a hart has a reservation in a frame to which none of them can translate. */
  static boolean hold(List<Hart> harts, long hfn) {
    for (Hart hart : harts) {
      if (hart.isReserved(hfn << PhysicalMemory.FRAME_SHIFT)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The same, for a frame that may stand behind several guest frames, and its copy behind {@code
   * gfn} alone: what was reserved by way of {@code gfn} follows. No hart can translate to the frame
   * by that way any more.
   *
   * @param satp of the guest's, for each vCPU
   */
  static void follow(
      List<PagedVcpu> vcpus,
      ToLongFunction<PagedVcpu> satp,
      GuestMemory memory,
      long gfn,
      long fromHfn,
      long toHfn) {
    long from = fromHfn << PhysicalMemory.FRAME_SHIFT;
    long to = toHfn << PhysicalMemory.FRAME_SHIFT;
    for (PagedVcpu vcpu : vcpus) {
      Hart hart = vcpu.hart;
      if (hart.isReserved(from) && leadsTo(gfn, satp.applyAsLong(vcpu), hart, memory)) {
        hart.atSafePoint(null, () -> hart.moveReservation(from, to));
      }
    }
  }

  /** Whether the address that was reserved is in that guest frame. */
  private static boolean leadsTo(long gfn, long satp, Hart hart, GuestMemory memory) {
    GuestWalk walk = GuestWalk.unnoticed(memory);
    int outcome = walk.walk(satp, hart.reservedGva(), AccessType.LOAD, ANYONE);
    return outcome == GuestWalk.OK && walk.gpa >>> PhysicalMemory.FRAME_SHIFT == gfn;
  }

  /** What the harts have reserved in one frame, they have in another from now on. */
  static void move(List<Hart> harts, long fromHfn, long toHfn) {
    long from = fromHfn << PhysicalMemory.FRAME_SHIFT;
    long to = toHfn << PhysicalMemory.FRAME_SHIFT;
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> hart.moveReservation(from, to));
    }
  }
}
