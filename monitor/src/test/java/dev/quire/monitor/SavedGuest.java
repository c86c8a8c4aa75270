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

/** A guest's state, its memory included, once that is taken. */
final class SavedGuest {
  private static final int PAGE = 4096;
  private static final int ATOMIC = 0x2f;
  private static final int STORE_CONDITIONAL = 3;

  /** Between the two addresses that a {@link RandomKernel}'s code has. */
  private static final long USER_OFFSET = 0x4000_0000;

  private final VirtualMachine vm;
  private final ByteArrayOutputStream state = new ByteArrayOutputStream();
  private final Map<Long, byte[]> pages = new TreeMap<>();
  private long instructions = -1;

  private SavedGuest(VirtualMachine vm) {
    this.vm = vm;
  }

  /** The guest ends once its first vCPU has completed {@code count} instructions, if it does. */
  static SavedGuest atInstruction(Guest guest, long count) {
    SavedGuest saved = new SavedGuest(guest.vm());
    saved.takeAt(count);
    return saved;
  }

  /** The guest ends once {@code nanos} have passed, if it has not by then. */
  static SavedGuest after(Guest guest, long nanos) {
    SavedGuest saved = new SavedGuest(guest.vm());
    saved.takeAfter(nanos);
    return saved;
  }

  /** Now, while it does not run. */
  static SavedGuest of(Guest guest) {
    SavedGuest saved = new SavedGuest(guest.vm());
    saved.vm.whileStopped(
        () -> {
          saved.take();
          return saved;
        });
    return saved;
  }

  private void takeAt(long count) {
    vm.atInstruction(
        count,
        () -> {
          if (splitsAtomic()) {
            takeAt(count + 1);
          } else {
            vm.clock().stopSoon(this::take);
          }
        });
  }

  private void takeAfter(long nanos) {
    vm.clock()
        .schedule(
            nanos,
            () -> {
              if (splitsAtomic()) {
                takeAfter(1);
              } else {
                take();
              }
            });
  }

  /** Whether this is between LR and SC, so that the SC would fail. */
  private boolean splitsAtomic() {
    long pc = vm.vcpus().getFirst().hart().pc() & ~USER_OFFSET;
    try {
      int bits = vm.memory().readInt(pc & -4);
      return (bits & 0x7f) == ATOMIC && bits >>> 27 == STORE_CONDITIONAL;
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
      memory.peek(gpa / PAGE, page);
      if (!isZero(page)) {
        pages.put(gpa, page.clone());
      }
    }
    vm.stop(0);
  }

  private static boolean isZero(byte[] page) {
    for (byte value : page) {
      if (value != 0) {
        return false;
      }
    }
    return true;
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
