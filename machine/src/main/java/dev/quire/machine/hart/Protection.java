package dev.quire.machine.hart;

/**
 * The physical memory protection registers: 16 entries of 4-byte granularity, kept in {@link
 * dev.quire.machine.mmu.TranslationState} for the MMU; entries 16 to 63 read as zero.
 */
final class Protection {
  static final int ENTRIES = 16;
  static final int NUMBERS = 64;

  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int ADDRESS_MODE = 3 << 3;
  private static final int TOP_OF_RANGE = 1 << 3;
  private static final int LOCK = 1 << 7;
  private static final int FIELDS = LOCK | ADDRESS_MODE | 7;
  private static final long ADDRESS_BITS = (1L << 54) - 1;

  private final HartState state;

  Protection(HartState state) {
    this.state = state;
  }

  /** pmpcfg0, 2, ...: the configurations of eight entries. */
  CsrRegister config(int firstEntry) {
    return firstEntry >= ENTRIES ? CsrRegister.constant(0) : new Config(firstEntry);
  }

  CsrRegister address(int entry) {
    return entry >= ENTRIES ? CsrRegister.constant(0) : new Address(entry);
  }

  private int entryConfig(int entry) {
    return state.translation.pmpcfg[entry] & 0xff;
  }

  private boolean addressLocked(int entry) {
    if ((entryConfig(entry) & LOCK) != 0) {
      return true;
    }
    int next = entry + 1 < ENTRIES ? entryConfig(entry + 1) : 0;
    return (next & LOCK) != 0 && (next & ADDRESS_MODE) == TOP_OF_RANGE;
  }

  private final class Config extends CsrRegister {
    private final int firstEntry;

    Config(int firstEntry) {
      super(-1L);
      this.firstEntry = firstEntry;
    }

    @Override
    long read() {
      long all = 0;
      for (int i = 7; i >= 0; i--) {
        all = (all << 8) | entryConfig(firstEntry + i);
      }
      return all;
    }

    @Override
    void write(long written) {
      for (int i = 0; i < 8; i++) {
        int entry = firstEntry + i;
        int config = (int) (written >>> (8 * i)) & FIELDS;
        if ((config & READ) == 0) {
          config &= ~WRITE;
        }
        if ((entryConfig(entry) & LOCK) == 0) {
          state.translation.pmpcfg[entry] = (byte) config;
        }
      }
      state.context.contextChanged();
    }
  }

  private final class Address extends CsrRegister {
    private final int entry;

    Address(int entry) {
      super(ADDRESS_BITS);
      this.entry = entry;
    }

    @Override
    long read() {
      return state.translation.pmpaddr[entry];
    }

    @Override
    void write(long written) {
      if (!addressLocked(entry)) {
        state.translation.pmpaddr[entry] = written & writable;
        state.context.contextChanged();
      }
    }
  }
}
