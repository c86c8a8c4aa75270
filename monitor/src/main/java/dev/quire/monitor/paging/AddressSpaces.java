package dev.quire.monitor.paging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The address spaces that a VM has used lately, least recently used first. Each has a machine ASID
 * of its own for every pair of guest ASID and root, so that what the TLBs hold for one never shows
 * in another. Guarded by the VM's paging lock.
 */
final class AddressSpaces {
  /** How many are kept. */
  static final int LIMIT = 256;

  private static final int INITIAL = 64;

  /** Roots that mostly share a guest's ASID. */
  private static final int FEW = 4;

  private final MachineAsids asids;
  private final LinkedHashMap<Long, AddressSpace> spaces =
      new LinkedHashMap<>(INITIAL, 0.75f, true);

  AddressSpaces(MachineAsids asids) {
    this.asids = asids;
  }

  /** The address space of {@code satp}, which becomes the most recently used. */
  AddressSpace of(long satp) {
    return spaces.computeIfAbsent(satp, key -> new AddressSpace(key, asids.allocate()));
  }

  /** The least recently used one that may go, if there are more than {@link #LIMIT}. */
  @Nullable AddressSpace surplus(Predicate<AddressSpace> isNeeded) {
    if (spaces.size() <= LIMIT) {
      return null;
    }
    for (AddressSpace space : spaces.values()) {
      if (!isNeeded.test(space)) {
        return space;
      }
    }
    return null;
  }

  /** Forgets one; the caller has flushed its ASID from all TLBs. */
  void remove(AddressSpace space) {
    spaces.remove(space.satp);
    asids.release(space.machineAsid);
  }

  /** Those with a guest's ASID, or all; Bare, which has none, is never among them. */
  List<AddressSpace> select(int guestAsid, boolean byAsid) {
    List<AddressSpace> found = new ArrayList<>();
    for (AddressSpace space : spaces.values()) {
      if (!space.isBare() && (!byAsid || space.guestAsid() == guestAsid)) {
        found.add(space);
      }
    }
    return found;
  }

  /** The machine's ASIDs of those with a guest's ASID. */
  int[] machineAsids(int guestAsid) {
    int[] found = new int[FEW];
    int count = 0;
    for (AddressSpace space : spaces.values()) {
      if (!space.isBare() && space.guestAsid() == guestAsid) {
        found = count == found.length ? Arrays.copyOf(found, 2 * count) : found;
        found[count++] = space.machineAsid;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** Forgets all; the caller has flushed them. */
  void clear() {
    spaces.values().forEach(space -> asids.release(space.machineAsid));
    spaces.clear();
  }
}
