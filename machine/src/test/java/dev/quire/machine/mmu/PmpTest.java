package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Privilege;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PmpTest {
  private static final int TOR = 1 << 3;
  private static final int NA4 = 2 << 3;
  private static final int NAPOT = 3 << 3;
  private static final int LOCKED = 0x80;
  private static final long PAGE = Fixture.BASE + 0x8000;
  private final byte[] config = new byte[16];
  private final long[] address = new long[16];
  private final Pmp pmp = new Pmp();

  private int check(long hpa, int size, int need, int privilege) {
    pmp.configure(config, address);
    return pmp.check(hpa, size, need, privilege);
  }

  @Test
  void withoutRegionsOnlyMachineModePasses() {
    assertThat(check(PAGE, 8, Pmp.READ, Privilege.M)).isEqualTo(Pmp.ALLOW);
    assertThat(check(PAGE, 8, Pmp.READ, Privilege.S)).isEqualTo(Pmp.DENY);
  }

  @Test
  void unlockedRegionsDoNotBindMachineMode() {
    config[0] = NA4;
    address[0] = PAGE >>> 2;
    assertThat(check(PAGE, 4, Pmp.READ, Privilege.M)).isEqualTo(Pmp.ALLOW);
    config[0] = (byte) (NA4 | LOCKED | Pmp.EXECUTE);
    assertThat(check(PAGE, 4, Pmp.READ, Privilege.M)).isEqualTo(Pmp.DENY);
    assertThat(check(PAGE, 4, Pmp.EXECUTE, Privilege.M)).isEqualTo(Pmp.ALLOW);
    assertThat(check(PAGE, 8, Pmp.EXECUTE, Privilege.M)).isEqualTo(Pmp.PARTIAL);
    assertThat(check(PAGE + 4, 4, Pmp.READ, Privilege.M)).isEqualTo(Pmp.ALLOW);
  }

  @Test
  void allOnesIsEverything() {
    config[0] = NAPOT | Pmp.READ;
    address[0] = (1L << 54) - 1;
    assertThat(check(0, 8, Pmp.READ, Privilege.U)).isEqualTo(Pmp.ALLOW);
    assertThat(check((1L << 56) - 8, 8, Pmp.READ, Privilege.U)).isEqualTo(Pmp.ALLOW);
    assertThat(check(0, 8, Pmp.WRITE, Privilege.U)).isEqualTo(Pmp.DENY);
  }

  /** The manual's rule, byte by byte: the first region with any byte must have all of them. */
  @Test
  void randomRegionsAgreeWithByteByByteMatching() {
    Random random = new Random(5);
    for (int round = 0; round < 3000; round++) {
      for (int i = 0; i < 16; i++) {
        config[i] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : 0);
        address[i] = (PAGE >>> 2) + random.nextInt(64);
      }
      long hpa = PAGE + random.nextInt(256);
      int size = 1 << random.nextInt(4);
      int need = 1 << random.nextInt(3);
      int privilege = random.nextBoolean() ? Privilege.M : Privilege.U;
      boolean allowed = check(hpa, size, need, privilege) == Pmp.ALLOW;
      assertThat(allowed).as("round %d", round).isEqualTo(naive(hpa, size, need, privilege));
    }
  }

  private boolean naive(long hpa, int size, int need, int privilege) {
    for (int i = 0; i < 16; i++) {
      int matched = 0;
      for (long b = hpa; b < hpa + size; b++) {
        matched += matches(i, b) ? 1 : 0;
      }
      if (matched > 0) {
        boolean free = privilege == Privilege.M && config[i] >= 0;
        return matched == size && (free || (config[i] & need) != 0);
      }
    }
    return privilege == Privilege.M;
  }

  private boolean matches(int i, long hpa) {
    long word = hpa >>> 2;
    return switch (config[i] & 0x18) {
      case TOR -> (i == 0 || word >= address[i - 1]) && word < address[i];
      case NA4 -> word == address[i];
      case NAPOT ->
          (word | (address[i] ^ address[i] + 1)) == (address[i] | (address[i] ^ address[i] + 1));
      default -> false;
    };
  }

  @Test
  void aPageThatIsSplitIsCheckedAtEveryAccess() {
    try (Fixture f = new Fixture(MmuConfig.standard())) {
      f.state.pmpcfg[1] = f.state.pmpcfg[0];
      f.state.pmpaddr[1] = f.state.pmpaddr[0];
      f.state.pmpcfg[0] = (byte) (NA4 | Pmp.READ);
      f.state.pmpaddr[0] = PAGE + 64 >>> 2;
      f.enter(false, 0, 0, 0);
      for (int pass = 0; pass < 3; pass++) {
        f.mmu.storeInt(PAGE + 60, 1);
        f.mmu.loadInt(PAGE + 64);
        var trap = catchThrowableOfType(GuestTrap.class, () -> f.mmu.storeInt(PAGE + 64, 1));
        assertThat(trap.cause).isEqualTo(Cause.STORE_ACCESS);
        trap = catchThrowableOfType(GuestTrap.class, () -> f.mmu.loadLong(PAGE + 64));
        assertThat(trap.cause).isEqualTo(Cause.LOAD_ACCESS);
        trap = catchThrowableOfType(GuestTrap.class, () -> f.mmu.storeInt(PAGE + 62, 1));
        assertThat(trap.cause).isEqualTo(Cause.STORE_ACCESS);
      }
    }
  }

  @Test
  void aChangeTakesEffectAtOnce() {
    try (Fixture f = new Fixture(MmuConfig.standard())) {
      f.enter(false, 0, 0, 0);
      f.mmu.loadLong(PAGE);
      f.state.privilege = Privilege.M;
      f.state.pmpcfg[0] = 0;
      f.mmu.contextChanged();
      f.enter(false, 0, 0, 0);
      var trap = catchThrowableOfType(GuestTrap.class, () -> f.mmu.loadLong(PAGE));
      assertThat(trap.cause).isEqualTo(Cause.LOAD_ACCESS);
    }
  }
}
