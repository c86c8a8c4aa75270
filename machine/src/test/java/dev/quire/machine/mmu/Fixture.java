package dev.quire.machine.mmu;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.bus.Bus;
import dev.quire.machine.bus.BusFault;
import dev.quire.machine.memory.PhysicalMemory;

/** A hart's memory side without a hart: RAM with tables that grow from its start. */
final class Fixture implements AutoCloseable {
  static final long BASE = 0x8000_0000L;
  static final long DEVICE = 0x1000_0000L;
  static final int ALL = 0xcf;
  static final int USER = 0xdf;

  final PhysicalMemory memory;
  final TranslationState state = new TranslationState();
  final GuestTrap trap = new GuestTrap();
  final Mmu mmu;
  long deviceWritten;
  private long free = BASE + 0x10000;

  Fixture(MmuConfig config) {
    this(config, 16 << 20, true);
  }

  Fixture(MmuConfig config, long bytes, boolean misalignedOk) {
    memory = new PhysicalMemory(BASE, bytes);
    state.pmpcfg[0] = 0x1f;
    state.pmpaddr[0] = -1L >>> 10;
    mmu = new Mmu(config, memory, new Register(), state, trap, misalignedOk);
  }

  /** One 8-byte register at {@link #DEVICE}. */
  private final class Register implements Bus {
    @Override
    public long read(long hpa, int size) {
      if (hpa != DEVICE) {
        throw BusFault.INSTANCE;
      }
      return 0x1122_3344_5566_7788L;
    }

    @Override
    public void write(long hpa, int size, long value) {
      if (hpa != DEVICE) {
        throw BusFault.INSTANCE;
      }
      deviceWritten = value;
    }
  }

  static MmuConfig off() {
    return new MmuConfig(0, 0, 0, 0, 0);
  }

  /** A zeroed, size-aligned piece of RAM for tables. */
  long allocate(long bytes) {
    free = free + bytes - 1 & -bytes;
    long result = free;
    free += bytes;
    memory.zero(result, bytes);
    return result;
  }

  static long pte(long address, long flags) {
    return address >>> 12 << 10 | flags;
  }

  static long atp(int levels, long id, long root) {
    return levels == 0 ? 0 : (long) (levels + 5) << 60 | id << 44 | root >>> 12;
  }

  /**
   * Makes a path in the table at {@code root} and writes the leaf; its address, or 0 if a larger
   * leaf is in the way.
   */
  long map(long root, int levels, long from, int leafLevel, long leaf) {
    long table = root;
    for (int level = levels - 1; ; level--) {
      long mask = level == levels - 1 ? 2047 : 511;
      long index = from >>> 12 + 9 * level & mask;
      if (level == levels - 1 && root % 0x4000 == 0x1000) {
        index &= 511;
      }
      long at = table + index * 8;
      if (level == leafLevel) {
        memory.writeLong(at, leaf);
        return at;
      }
      long entry = memory.readLong(at);
      if ((entry & 1) == 0) {
        entry = pte(allocate(4096), 1);
        memory.writeLong(at, entry);
      }
      if ((entry & 0xf) != 1) {
        return 0;
      }
      table = entry << 2 & -4096L & (1L << 56) - 1;
    }
  }

  /** S-mode, or VS-mode. */
  void enter(boolean virtual, long satp, long vsatp, long hgatp) {
    state.privilege = 1;
    state.virtual = virtual;
    state.satp = satp;
    state.vsatp = vsatp;
    state.hgatp = hgatp;
    mmu.contextChanged();
  }

  @Override
  public void close() {
    memory.close();
  }
}
