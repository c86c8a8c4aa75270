package dev.quire.monitor;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.GuestMemory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Takes a guest's state, its memory included, once it has completed some instructions. */
final class SavedGuest {
  private static final int PAGE = 4096;
  private static final int STORE_CONDITIONAL = 3;

  private final VirtualMachine vm;
  private final ByteArrayOutputStream state = new ByteArrayOutputStream();
  private final Map<Long, byte[]> pages = new TreeMap<>();
  private long instructions = -1;

  /** The guest ends once its state is taken, or by itself before {@code count} instructions. */
  SavedGuest(Guest guest, long count) {
    this.vm = guest.vm();
    takeAt(count);
  }

  /** Not between LR and SC, for the SC would fail. */
  private void takeAt(long count) {
    vm.atInstruction(
        count,
        () -> {
          if (isStoreConditional()) {
            takeAt(count + 1);
          } else {
            vm.clock().stopSoon(this::take);
          }
        });
  }

  private boolean isStoreConditional() {
    long pc = vm.vcpus().getFirst().hart().pc() & ~0x4000_0000L;
    try {
      int bits = vm.memory().readInt(pc & -4);
      return (bits & 0x7f) == 0x2f && bits >>> 27 == STORE_CONDITIONAL;
    } catch (DmaFault e) {
      return false;
    }
  }

  private void take() {
    instructions = vm.vcpus().getFirst().hart().completed();
    vm.save(new StateWriter(state));
    GuestMemory memory = vm.memory();
    byte[] page = new byte[PAGE];
    for (long gpa = memory.base(); gpa < memory.base() + memory.size(); gpa += PAGE) {
      copy(memory, gpa, page);
    }
    vm.stop(0);
  }

  private void copy(GuestMemory memory, long gpa, byte[] page) {
    try {
      memory.read(gpa, page, 0, PAGE);
    } catch (DmaFault e) {
      throw new AssertionError(e);
    }
    for (byte value : page) {
      if (value != 0) {
        pages.put(gpa, page.clone());
        return;
      }
    }
  }

  boolean isTaken() {
    return instructions >= 0;
  }

  /** How many the first vCPU had completed. */
  long instructions() {
    return instructions;
  }

  byte[] state() {
    return state.toByteArray();
  }

  /** A guest that goes on from here. */
  Guest goOn(UnaryOperator<VmConfig.Builder> options) {
    return goOn(options, state());
  }

  /** The same with another state. */
  Guest goOn(UnaryOperator<VmConfig.Builder> options, byte[] other) {
    StateReader in = new StateReader(new ByteArrayInputStream(other));
    return new Guest(options, new SavedState(in, this::fill));
  }

  private void fill(GuestMemory memory) {
    pages.forEach(
        (gpa, page) -> {
          try {
            memory.write(gpa, page, 0, PAGE);
          } catch (DmaFault e) {
            throw new AssertionError(e);
          }
        });
  }
}
