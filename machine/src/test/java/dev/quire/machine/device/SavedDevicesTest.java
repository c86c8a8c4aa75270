package dev.quire.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.virtio.RandomSource;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.States;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interrupt controller, serial port and generation go on from their states. */
class SavedDevicesTest {
  private static final int UART_REGISTERS = 8;

  /** An interrupt controller with two contexts, and where its registers are. */
  private static final class Controller {
    final Wire[] wires = {new Wire(), new Wire()};
    final Plic plic = new Plic(List.of(wires[0], wires[1]));

    int someRegister(Random random) {
      int word = random.nextInt(3);
      int context = random.nextInt(2);
      return switch (random.nextInt(5)) {
        case 0, 1 -> 4 * (1 + random.nextInt(Plic.MAX_SOURCE));
        case 2 -> 0x2000 + 0x80 * context + 4 * word;
        case 3 -> 0x200000 + 0x1000 * context;
        default -> 0x200004 + 0x1000 * context;
      };
    }

    long step(Random random) {
      int register = someRegister(random);
      int value = random.nextInt(3) == 0 ? random.nextInt(96) : random.nextInt();
      switch (random.nextInt(3)) {
        case 0 -> plic.write(register, 4, value);
        case 1 -> {
          return plic.read(register, 4);
        }
        default -> plic.source(1 + random.nextInt(Plic.MAX_SOURCE)).set(random.nextInt(8) == 0);
      }
      return wires[0].level ? 1 : wires[1].level ? 2 : 3;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theInterruptControllerGoesOn(long seed) {
    Controller first = new Controller();
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      first.step(random);
    }
    for (int source = 1; source <= Plic.MAX_SOURCE; source++) {
      first.plic.source(source).set(false); // levels are the devices'
    }
    byte[] state = States.save(first.plic::save);
    Controller second = new Controller();
    States.load(state, second.plic::load);
    assertThat(States.save(second.plic::save)).isEqualTo(state);
    Random one = new Random(seed);
    Random other = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      assertThat(second.step(other)).as("step %d", i).isEqualTo(first.step(one));
    }
  }

  @Test
  void aSourceThatIsHighIsPendingAgain() {
    Controller first = new Controller();
    first.plic.write(4 * 7, 4, 1);
    first.plic.write(0x2000, 4, 1 << 7);
    first.plic.source(7).set(true);
    assertThat(first.plic.read(0x200004, 4)).isEqualTo(7); // claimed, not completed
    Controller second = new Controller();
    States.load(States.save(first.plic::save), second.plic::load);
    second.plic.source(7).set(true);
    assertThat(second.wires[0].level).isFalse();
    second.plic.write(0x200004, 4, 7);
    assertThat(second.wires[0].level).isTrue();
  }

  private static long step(Uart16550 uart, Wire wire, Random random) {
    int register = random.nextInt(UART_REGISTERS);
    switch (random.nextInt(4)) {
      case 0 -> uart.receive(new byte[] {(byte) random.nextInt(), 'x', 'y'});
      case 1 -> uart.write(register, 1, random.nextInt());
      default -> {
        return uart.read(register, 1) << 1 | (wire.level ? 1 : 0);
      }
    }
    return wire.level ? 1 : 0;
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
  void theSerialPortGoesOn(long seed) {
    Wire[] wires = {new Wire(), new Wire()};
    TextSink[] texts = {new TextSink(), new TextSink()};
    Uart16550 first = new Uart16550(wires[0], texts[0]);
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      step(first, wires[0], random);
    }
    String before = texts[0].toString();
    Uart16550 second = new Uart16550(wires[1], texts[1]);
    States.load(States.save(first::save), second::load);
    assertThat(wires[1].level).isEqualTo(wires[0].level);
    Random one = new Random(seed);
    Random other = new Random(seed);
    for (int i = 0; i < 500; i++) {
      assertThat(step(second, wires[1], other))
          .as("step %d", i)
          .isEqualTo(step(first, wires[0], one));
    }
    assertThat(before + texts[1]).isEqualTo(texts[0].toString());
  }

  @Test
  void eachGenerationIsAnotherAndTheGuestIsTold() {
    Wire wire = new Wire();
    GenerationId first = new GenerationId(wire, RandomSource.seeded(1)::fill);
    assertThat(wire.level).isFalse();
    GenerationId copy = new GenerationId(wire, RandomSource.seeded(1)::fill);
    States.load(States.save(first::save), copy::load);
    assertThat(id(copy)).isEqualTo(id(first));
    copy.renew();
    assertThat(wire.level).isTrue();
    GenerationId copyOfCopy = new GenerationId(wire, RandomSource.seeded(1)::fill);
    wire.set(false);
    States.load(States.save(copy::save), copyOfCopy::load);
    assertThat(wire.level).as("still unread").isTrue();
    copyOfCopy.renew();
    assertThat(List.of(id(first), id(copy), id(copyOfCopy))).doesNotHaveDuplicates();
    assertThat(wire.level).isFalse();
    copyOfCopy.write(0, 8, 0);
    assertThat(copyOfCopy.read(16, 8)).isZero();
    assertThat(copyOfCopy.read(12, 8) >>> 32).isZero();
    assertThat(copyOfCopy.read(1, 1)).isEqualTo(copyOfCopy.read(0, 8) >>> 8 & 0xff);
  }

  private static List<Long> id(GenerationId device) {
    return List.of(device.read(0, 8), device.read(8, 8));
  }

  @Test
  void aDamagedStateIsAFaultOrHarmless() {
    Controller controller = new Controller();
    Wire wire = new Wire();
    Uart16550 uart = new Uart16550(wire, new TextSink());
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      controller.step(random);
      step(uart, wire, random);
    }
    States.damage(
        States.save(controller.plic::save),
        state -> {
          Controller other = new Controller();
          load(state, other.plic::load);
          for (int i = 0; i < 100; i++) {
            other.step(random);
          }
        });
    States.damage(
        States.save(uart::save),
        state -> {
          Uart16550 other = new Uart16550(wire, new TextSink());
          load(state, other::load);
          for (int i = 0; i < 100; i++) {
            step(other, wire, random);
          }
        });
  }

  private static void load(byte[] state, Consumer<StateReader> part) {
    try {
      States.load(state, part);
    } catch (StateFault fault) {
      assertThat(fault).hasMessageEndingWith(".");
    }
  }
}
