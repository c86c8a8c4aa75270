package dev.quire.monitor.explain;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageState;

/** Where page tables lie. */
interface TableReader {
  /** Whether there is memory for an entry at {@code address}. */
  boolean contains(long address);

  /** The entry at {@code address}. */
  long read(long address);

  /** The same place in machine memory; {@link Reference#NONE} if it has no frame. */
  long hpa(long address);

  /** Tables at hpas, as the MMU reads them. */
  static TableReader of(PhysicalMemory memory) {
    return new TableReader() {
      @Override
      public boolean contains(long address) {
        return memory.contains(address, 8);
      }

      @Override
      public long read(long address) {
        return memory.readLong(address);
      }

      @Override
      public long hpa(long address) {
        return address;
      }
    };
  }

  /** Tables at gpas, as the guest reads them. */
  static TableReader of(GuestMemory memory) {
    return new TableReader() {
      @Override
      public boolean contains(long address) {
        return memory.contains(address, 8);
      }

      @Override
      public long read(long address) {
        return memory.peekEntry(address);
      }

      @Override
      public long hpa(long address) {
        return hpaOf(memory, address);
      }
    };
  }

  /** The machine address of RAM at {@code gpa}; {@link Reference#NONE} if it has no frame. */
  static long hpaOf(GuestMemory memory, long gpa) {
    long gfn = gpa >>> PhysicalMemory.FRAME_SHIFT;
    if (memory.state(gfn) == PageState.UNPOPULATED) {
      return Reference.NONE;
    }
    long offset = gpa & PhysicalMemory.FRAME_SIZE - 1;
    return memory.frameFor(gfn) << PhysicalMemory.FRAME_SHIFT | offset;
  }
}
