package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.TranslationState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which interrupts are pending, and which is to be taken. Pending bits come from three sources that
 * are ORed: lines driven by devices, bits written by software (mip.SSIP, STIP, SEIP and hvip), and
 * the Sstc timers. The first two may be changed by any thread; all else belongs to the hart's.
 */
public final class Interrupts {
  public static final int SSI = 1;
  public static final int VSSI = 2;
  public static final int MSI = 3;
  public static final int STI = 5;
  public static final int VSTI = 6;
  public static final int MTI = 7;
  public static final int SEI = 9;
  public static final int VSEI = 10;
  public static final int MEI = 11;
  public static final int SGEI = 12;

  static final int SUPERVISOR = 1 << SSI | 1 << STI | 1 << SEI;
  static final int VIRTUAL = 1 << VSSI | 1 << VSTI | 1 << VSEI;
  static final int MACHINE = 1 << MSI | 1 << MTI | 1 << MEI;
  static final int GUEST_EXTERNAL = 1 << SGEI;

  /** All standard interrupts in decreasing priority, four bits each from the lowest. */
  private static final long PRIORITY = 0x62ac_519_73bL;

  private static final int PRIORITIES = 10;

  private static final VarHandle LINES;
  private static final VarHandle SOFTWARE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LINES = lookup.findVarHandle(Interrupts.class, "lines", int.class);
      SOFTWARE = lookup.findVarHandle(Interrupts.class, "software", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final HartState state;
  private final Status status;
  private final Environment environment;

  @SuppressWarnings("unused") // through LINES
  private volatile int lines;

  @SuppressWarnings("unused") // through SOFTWARE
  private volatile int software;

  final CsrRegister mie;
  final CsrRegister mideleg;
  final CsrRegister hideleg;
  final CsrRegister stimecmp = new CsrRegister(-1L, -1L);
  final CsrRegister vstimecmp = new CsrRegister(-1L, -1L);
  final CsrRegister htimedelta = new CsrRegister(-1L);

  Interrupts(HartState state, Status status, Environment environment) {
    this.state = state;
    this.status = status;
    this.environment = environment;
    boolean hasH = state.isa.has(Extension.H);
    int supervisor = state.isa.has(Extension.S) ? SUPERVISOR : 0;
    int hypervisor = hasH ? VIRTUAL | GUEST_EXTERNAL : 0;
    mie = new CsrRegister(MACHINE | supervisor | hypervisor);
    mideleg = new CsrRegister(supervisor, hypervisor);
    hideleg = new CsrRegister(hasH ? VIRTUAL : 0);
  }

  /**
   * Drives an interrupt line; from any thread.
   *
   * @param bit {@link #MSI}, {@link #MTI}, {@link #MEI} or {@link #SEI}: a level; {@link #SSI}: the
   *     bit that software sees and clears
   */
  public void setPin(int bit, boolean on) {
    drive(bit == SSI ? SOFTWARE : LINES, bit, on);
  }

  /**
   * Asserts a VS-level interrupt from outside the hart; from any thread.
   *
   * @param bit {@link #VSEI} or {@link #VSTI}: a level beside hvip's bit; {@link #VSSI}: hvip's own
   *     bit, for the guest clears it
   */
  public void setVirtualPin(int bit, boolean on) {
    drive(bit == VSSI ? SOFTWARE : LINES, bit, on);
  }

  private void drive(VarHandle bits, int bit, boolean on) {
    if (on) {
      bits.getAndBitwiseOr(this, 1 << bit);
    } else {
      bits.getAndBitwiseAnd(this, ~(1 << bit));
    }
  }

  int softwareBits() {
    return software;
  }

  void setSoftware(int bits) {
    SOFTWARE.getAndBitwiseOr(this, bits);
  }

  void clearSoftware(int bits) {
    SOFTWARE.getAndBitwiseAnd(this, ~bits);
  }

  /** mip as software reads it. */
  int pending() {
    return pending(-1);
  }

  /** The pending interrupts among {@code wanted}; reads the clock only for wanted timers. */
  private int pending(int wanted) {
    int bits = lines | software;
    if ((wanted & 1 << STI) != 0 && environment.supervisorTimer()) {
      bits &= ~(1 << STI);
      if (Long.compareUnsigned(state.timebase.time(), stimecmp.value) >= 0) {
        bits |= 1 << STI;
      }
    }
    if ((wanted & 1 << VSTI) != 0 && environment.virtualTimer()) {
      long now = state.timebase.time() + htimedelta.value;
      if (Long.compareUnsigned(now, vstimecmp.value) >= 0) {
        bits |= 1 << VSTI;
      }
    }
    return bits & wanted;
  }

  /** Whether WFI ends: an enabled interrupt is pending, whatever the global enables say. */
  public boolean wakeReady() {
    return pending((int) mie.value) != 0;
  }

  /** Whether {@link #next} would return an interrupt. */
  public boolean interruptReady() {
    return next() >= 0;
  }

  /**
   * The interrupt to take before the next instruction ("Machine Interrupt Registers", "Hypervisor
   * Interrupt Registers"), or -1. A cause for M or HS is as mcause has it; one for VS likewise,
   * untranslated: 2, 6 or 10.
   */
  public int next() {
    int pending = pending((int) mie.value);
    if (pending == 0) {
      return -1;
    }
    TranslationState now = state.translation;
    int toMachine = pending & ~(int) mideleg.value;
    if (toMachine != 0 && (now.privilege < Privilege.M || status.mstatusHas(Status.MIE))) {
      return highest(toMachine);
    }
    if (now.privilege == Privilege.M) {
      return -1;
    }
    int delegated = pending & (int) mideleg.value;
    int toHypervisor = delegated & ~(int) hideleg.value;
    boolean belowHypervisor = now.virtual || now.privilege == Privilege.U;
    if (toHypervisor != 0 && (belowHypervisor || status.mstatusHas(Status.SIE))) {
      return highest(toHypervisor);
    }
    int toGuest = delegated & (int) hideleg.value;
    boolean guestTakes =
        now.virtual && (now.privilege == Privilege.U || status.vsstatusHas(Status.SIE));
    return toGuest != 0 && guestTakes ? highest(toGuest) : -1;
  }

  private static int highest(int candidates) {
    long order = PRIORITY;
    for (int i = 0; i < PRIORITIES; i++, order >>>= 4) {
      int cause = (int) order & 0xf;
      if ((candidates & 1 << cause) != 0) {
        return cause;
      }
    }
    throw new IllegalStateException(
        "no standard interrupt in 0x" + Integer.toHexString(candidates));
  }

  /**
   * The earliest tick, in the time base of M and HS, at which an enabled Sstc timer that is not
   * pending now will be; {@code Long.MAX_VALUE} if none will.
   */
  public long nextTimerTick() {
    long now = state.timebase.time();
    long earliest = Long.MAX_VALUE;
    if ((mie.value & 1 << STI) != 0 && environment.supervisorTimer()) {
      earliest = Math.min(earliest, tickOf(now, now, stimecmp.value));
    }
    if ((mie.value & 1 << VSTI) != 0 && environment.virtualTimer()) {
      earliest = Math.min(earliest, tickOf(now, now + htimedelta.value, vstimecmp.value));
    }
    return earliest;
  }

  /** When a clock that shows {@code shown} now reaches {@code compare}, unless it has. */
  private static long tickOf(long now, long shown, long compare) {
    if (Long.compareUnsigned(shown, compare) >= 0) {
      return Long.MAX_VALUE;
    }
    long tick = now + (compare - shown);
    return tick < now ? Long.MAX_VALUE : tick;
  }
}
