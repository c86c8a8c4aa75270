package dev.quire.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.InterruptLine;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlicTest {
  private final Wire machine = new Wire();
  private final Wire supervisor = new Wire();
  private final Plic plic = new Plic(List.of(machine, supervisor));
  private final InterruptLine uart = plic.source(10);
  private final InterruptLine disk = plic.source(33);

  @BeforeEach
  void enableForSupervisor() {
    plic.write(4 * 10, 4, 1);
    plic.write(4 * 33, 4, 1);
    plic.write(0x2080, 4, 1 << 10);
    plic.write(0x2084, 4, 1 << 1);
  }

  private long claim() {
    return plic.read(0x201004, 4);
  }

  private void complete(long source) {
    plic.write(0x201004, 4, source);
  }

  @Test
  void raisesOnlyWhereEnabled() {
    uart.set(true);
    assertThat(supervisor.level).isTrue();
    assertThat(machine.level).isFalse();
    assertThat(plic.read(0x1000, 4)).isEqualTo(1 << 10);
    assertThat(claim()).isEqualTo(10);
    assertThat(supervisor.level).isFalse();
    assertThat(plic.read(0x1000, 4)).isZero();
    assertThat(claim()).isZero();
  }

  @Test
  void completionLooksAtTheLevelAgain() {
    uart.set(true);
    claim();
    complete(10);
    assertThat(supervisor.level).isTrue();
    claim();
    uart.set(false);
    complete(10);
    assertThat(supervisor.level).isFalse();
  }

  @Test
  void noSecondRequestWhileBeingHandled() {
    uart.set(true);
    claim();
    uart.set(false);
    uart.set(true);
    assertThat(supervisor.level).isFalse();
    complete(10);
    assertThat(supervisor.level).isTrue();
  }

  @Test
  void aRequestOutlivesItsLevel() {
    uart.set(true);
    uart.set(false);
    assertThat(supervisor.level).isTrue();
    assertThat(claim()).isEqualTo(10);
  }

  @Test
  void priorityThenNumberDecides() {
    uart.set(true);
    disk.set(true);
    assertThat(claim()).isEqualTo(10);
    complete(10);
    plic.write(4 * 33, 4, 7);
    assertThat(claim()).isEqualTo(33);
  }

  @Test
  void thresholdMasksTheWireNotTheClaim() {
    plic.write(0x201000, 4, 1);
    uart.set(true);
    assertThat(supervisor.level).isFalse();
    assertThat(claim()).isEqualTo(10);
    complete(10);
    plic.write(0x201000, 4, 0);
    assertThat(supervisor.level).isTrue();
  }

  @Test
  void completionOfASourceNotEnabledIsIgnored() {
    uart.set(true);
    claim();
    plic.write(0x2080, 4, 0);
    complete(10);
    plic.write(0x2080, 4, 1 << 10);
    assertThat(supervisor.level).isFalse();
    complete(10);
    assertThat(supervisor.level).isTrue();
  }

  @Test
  void registersKeepOnlyLegalBits() {
    plic.write(4, 4, 0xff);
    assertThat(plic.read(4, 4)).isEqualTo(7);
    plic.write(0, 4, 1);
    assertThat(plic.read(0, 4)).isZero();
    plic.write(0x2000, 4, -1);
    assertThat((int) plic.read(0x2000, 4)).isEqualTo(-2);
    plic.write(0x1000, 4, -1);
    assertThat(plic.read(0x1000, 4)).isZero();
    assertThatThrownBy(() -> plic.read(0x1000, 8)).isInstanceOf(BusFault.class);
  }

  @Test
  void priorityZeroNeverInterrupts() {
    plic.write(4 * 10, 4, 0);
    uart.set(true);
    assertThat(supervisor.level).isFalse();
    assertThat(claim()).isZero();
  }

  @Test
  void anyAccessIsHarmless() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 100_000; i++) {
      long offset = random.nextLong(Plic.SIZE) & -4;
      plic.write(offset, 4, random.nextInt());
      plic.read(offset, 4);
      plic.write(0x201004, 4, random.nextInt(-2, 200));
    }
    plic.reset();
    assertThat(supervisor.level).isFalse();
  }
}
