package dev.quire.machine.hart;

/** satp, vsatp and hgatp: the roots of the page tables. All defined modes; 16 ASID bits. */
final class AddressSpaces {
  private static final int MODE_SHIFT = 60;
  private static final int BARE = 0;
  private static final int SV39 = 8;
  private static final int SV57 = 10;
  private static final long PPN = (1L << 44) - 1;
  private static final long MODE = 0xfL << MODE_SHIFT;
  private static final long VMID = 0x3fffL << 44;

  private final HartState state;

  final CsrRegister satp;
  final CsrRegister vsatp;
  final CsrRegister hgatp;

  AddressSpaces(HartState state) {
    this.state = state;
    satp = new Root();
    vsatp = new Root();
    hgatp = new GuestRoot();
  }

  private static boolean isSupported(long root) {
    int mode = (int) (root >>> MODE_SHIFT);
    return mode == BARE || (mode >= SV39 && mode <= SV57);
  }

  private void sync() {
    state.translation.satp = satp.value;
    state.translation.vsatp = vsatp.value;
    state.translation.hgatp = hgatp.value;
    state.context.contextChanged();
  }

  /** satp and vsatp: a write of an unsupported mode has no effect at all. */
  private final class Root extends CsrRegister {
    Root() {
      super(-1L);
    }

    @Override
    void write(long written) {
      if (isSupported(written) && written != value) {
        value = written;
        sync();
      }
    }
  }

  /** hgatp: an unsupported mode leaves the mode alone; the root is 16 KiB aligned. */
  private final class GuestRoot extends CsrRegister {
    GuestRoot() {
      super(MODE | VMID | (PPN & ~3L));
    }

    @Override
    void write(long written) {
      long legal = isSupported(written) ? written : (written & ~MODE) | (value & MODE);
      if ((legal & writable) != value) {
        super.write(legal);
        sync();
      }
    }
  }
}
