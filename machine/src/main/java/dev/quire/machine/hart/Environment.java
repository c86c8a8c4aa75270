package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.TranslationState;

/**
 * What a mode grants the modes below it: menvcfg, henvcfg, senvcfg, and the counter-enable
 * registers.
 */
final class Environment {
  static final long FIOM = 1L;
  static final long CBIE = 3L << 4;
  static final long CBIE_RESERVED = 2L << 4;
  static final long CBCFE = 1L << 6;
  static final long CBZE = 1L << 7;
  static final long ADUE = 1L << 61;
  static final long PBMTE = 1L << 62;
  static final long STCE = 1L << 63;

  /** Bits of the counter-enable registers. */
  static final long COUNTERS = 7;

  static final long COUNTER_TM = 2;

  /** Fields of henvcfg that are read-only zero where menvcfg's are zero. */
  private static final long GRANTED = ADUE | PBMTE | STCE;

  private final HartState state;

  final CsrRegister menvcfg;
  final CsrRegister henvcfg;
  final CsrRegister senvcfg;
  final CsrRegister mcounteren = new CsrRegister(COUNTERS);
  final CsrRegister hcounteren = new CsrRegister(COUNTERS);
  final CsrRegister scounteren = new CsrRegister(COUNTERS);

  Environment(HartState state) {
    this.state = state;
    long cache = FIOM;
    if (state.isa.has(Extension.ZICBOM)) {
      cache |= CBIE | CBCFE;
    }
    if (state.isa.has(Extension.ZICBOZ)) {
      cache |= CBZE;
    }
    long all = cache;
    all |= state.isa.has(Extension.SVADU) ? ADUE : 0;
    all |= state.isa.has(Extension.SVPBMT) ? PBMTE : 0;
    all |= state.isa.has(Extension.SSTC) ? STCE : 0;
    menvcfg = new Config(all);
    henvcfg =
        new Config(all) {
          @Override
          long read() {
            return value & (menvcfg.value | ~GRANTED);
          }
        };
    senvcfg = new Config(cache);
    if (state.isa.has(Extension.SVADU) && !state.isa.has(Extension.SVADE)) {
      menvcfg.write(ADUE); // software that finds no Svade expects updates from the start
    }
  }

  private class Config extends CsrRegister {
    Config(long writable) {
      super(writable);
    }

    @Override
    void write(long written) {
      boolean reserved = (written & CBIE) == CBIE_RESERVED;
      super.write(reserved ? (written & ~CBIE) | (value & CBIE) : written);
      sync();
    }
  }

  private void sync() {
    TranslationState now = state.translation;
    long m = menvcfg.value;
    long h = henvcfg.read();
    boolean adue = (m & ADUE) != 0;
    boolean vsAdue = (h & ADUE) != 0;
    boolean pbmte = (m & PBMTE) != 0;
    boolean vsPbmte = (h & PBMTE) != 0;
    if (now.adue != adue || now.vsAdue != vsAdue || now.pbmte != pbmte || now.vsPbmte != vsPbmte) {
      now.adue = adue;
      now.vsAdue = vsAdue;
      now.pbmte = pbmte;
      now.vsPbmte = vsPbmte;
      state.context.contextChanged();
    }
  }

  /** Whether {@code enable}, a counter-enable register, has the bit of {@code counter}'s number. */
  boolean mayCount(CsrRegister enable, int counter) {
    return ((enable.value >>> (counter - CsrNumber.CYCLE)) & 1) != 0;
  }

  /** menvcfg.STCE: stimecmp is in use. */
  boolean supervisorTimer() {
    return menvcfg.value < 0;
  }

  /** henvcfg.STCE, which needs menvcfg.STCE: vstimecmp is in use. */
  boolean virtualTimer() {
    return (henvcfg.value & menvcfg.value) < 0;
  }

  /**
   * Raises what a cache-block instruction raises in the current mode ("CSR controls for CMO
   * instructions").
   *
   * @param field {@link #CBIE}, {@link #CBCFE} or {@link #CBZE}
   */
  void checkCacheBlock(long field) {
    TranslationState now = state.translation;
    if (now.privilege == Privilege.M) {
      return;
    }
    boolean user = now.privilege == Privilege.U;
    boolean supervisorGrants = !user || !state.isa.has(Extension.S) || (senvcfg.value & field) != 0;
    if ((menvcfg.value & field) == 0 || (!now.virtual && !supervisorGrants)) {
      throw state.illegalInstruction();
    }
    if (now.virtual && ((henvcfg.value & field) == 0 || !supervisorGrants)) {
      throw state.virtualInstruction();
    }
  }
}
