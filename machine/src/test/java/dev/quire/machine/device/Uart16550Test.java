package dev.quire.machine.device;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.bus.BusFault;
import org.junit.jupiter.api.Test;

class Uart16550Test {
  private final Wire wire = new Wire();
  private final TextSink output = new TextSink();
  private final Uart16550 uart = new Uart16550(wire, output);

  private int in(int register) {
    return (int) uart.read(register, 1);
  }

  private void out(int register, int value) {
    uart.write(register, 1, value);
  }

  private void type(String text) {
    assertThat(uart.receive(text.getBytes(ISO_8859_1))).isEqualTo(text.length());
  }

  @Test
  void transmitsAtOnce() {
    for (char c : "boot\n".toCharArray()) {
      assertThat(in(5)).isEqualTo(0x60);
      out(0, c);
    }
    assertThat(output).hasToString("boot\n");
  }

  @Test
  void receivesInOrderThroughTheFifo() {
    out(2, 1);
    String text = "a line that is longer than sixteen bytes";
    type(text);
    StringBuilder read = new StringBuilder();
    while ((in(5) & 1) != 0) {
      read.append((char) in(0));
    }
    assertThat(read).hasToString(text);
    assertThat(in(0)).isZero();
  }

  @Test
  void receiveInterruptByTriggerAndTimeout() {
    out(2, 0xc1);
    out(1, 1);
    type("x");
    assertThat(wire.level).isTrue();
    assertThat(in(2)).isEqualTo(0xcc);
    type("0123456789abc");
    assertThat(in(2)).isEqualTo(0xc4);
    while ((in(5) & 1) != 0) {
      in(0);
    }
    assertThat(wire.level).isFalse();
    assertThat(in(2)).isEqualTo(0xc1);
  }

  @Test
  void transmitterEmptyInterruptAsDriversProbeIt() {
    out(1, 2);
    assertThat(wire.level).isTrue();
    assertThat(in(2)).isEqualTo(0x02);
    assertThat(wire.level).isFalse();
    assertThat(in(2)).isEqualTo(0x01);
    out(1, 0);
    out(1, 2);
    assertThat(in(2)).isEqualTo(0x02);
    out(0, 'c');
    assertThat(wire.level).isTrue();
    out(1, 0);
    assertThat(wire.level).isFalse();
  }

  @Test
  void detectedAs16550A() {
    out(1, 0xff);
    assertThat(in(1)).isEqualTo(0x0f);
    out(1, 0);
    out(4, 0x1a);
    assertThat(in(6) & 0xf0).isEqualTo(0x90);
    out(4, 0);
    assertThat(in(2)).isEqualTo(0x01);
    out(2, 1);
    assertThat(in(2)).isEqualTo(0xc1);
    out(7, 0x5a);
    assertThat(in(7)).isEqualTo(0x5a);
  }

  @Test
  void divisorLatchHidesDataAndEnable() {
    out(3, 0x83);
    out(0, 0x34);
    out(1, 0x12);
    assertThat(in(0)).isEqualTo(0x34);
    assertThat(in(1)).isEqualTo(0x12);
    out(3, 0x03);
    assertThat(in(1)).isZero();
    assertThat(output).hasToString("");
  }

  @Test
  void loopbackReturnsBytesAndOverruns() {
    out(2, 1);
    out(4, 0x10);
    type("host");
    for (int i = 0; i < 17; i++) {
      out(0, i);
    }
    assertThat(in(5)).isEqualTo(0x63);
    assertThat(in(5)).isEqualTo(0x61);
    for (int i = 0; i < 16; i++) {
      assertThat(in(0)).isEqualTo(i);
    }
    assertThat(in(5)).isEqualTo(0x60);
    out(4, 0);
    assertThat((char) in(0)).isEqualTo('h');
    assertThat(output).hasToString("");
  }

  @Test
  void modemStatusInterrupt() {
    in(6);
    out(1, 8);
    out(4, 0x10);
    assertThat(wire.level).isTrue();
    assertThat(in(2)).isEqualTo(0x00);
    assertThat(in(6)).isEqualTo(0x0b);
    assertThat(wire.level).isFalse();
  }

  @Test
  void inputIsBounded() {
    assertThat(uart.receive(new byte[Uart16550.CAPACITY + 5])).isEqualTo(Uart16550.CAPACITY);
    assertThat(uart.receive(new byte[1])).isZero();
    in(0);
    assertThat(uart.receive(new byte[2])).isEqualTo(1);
  }

  @Test
  void onlyByteAccess() {
    assertThatThrownBy(() -> uart.read(0, 4)).isInstanceOf(BusFault.class);
    assertThatThrownBy(() -> uart.write(0, 2, 0)).isInstanceOf(BusFault.class);
    assertThat(uart.read(0x20, 1)).isZero();
  }
}
