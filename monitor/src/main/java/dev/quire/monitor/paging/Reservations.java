package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.List;

/** LR/SC reservations of the harts that run a VM. */
final class Reservations {
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

  /** What the harts have reserved in one frame, they have in another from now on. */
  static void move(List<Hart> harts, long fromHfn, long toHfn) {
    long from = fromHfn << PhysicalMemory.FRAME_SHIFT;
    long to = toHfn << PhysicalMemory.FRAME_SHIFT;
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> hart.moveReservation(from, to));
    }
  }
}
