package dev.quire.machine.device.virtio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.TextSink;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtioConsoleTest {
  private static final String AGENT = "org.quire.agent.0";

  private final TextSink text = new TextSink();
  private final TextSink answers = new TextSink();
  private final List<Boolean> opened = new ArrayList<>();
  private final VirtioConsole console =
      new VirtioConsole(
          List.of(ConsolePort.console(text), new ConsolePort(AGENT, answers, opened::add)));
  private final TestDriver driver = new TestDriver(console);

  private static byte[] bytes(String string) {
    return string.getBytes(ISO_8859_1);
  }

  private void control(int id, int event, int value) {
    ByteBuffer message = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    message.putInt(id).putShort((short) event).putShort((short) value);
    driver.send(3, Buffer.out(message.array()));
  }

  /** Control messages from the device as "id event value text". */
  private List<String> controls() {
    List<String> result = new ArrayList<>();
    for (var used : driver.collect(2)) {
      ByteBuffer message = ByteBuffer.wrap(used.in().getFirst()).order(ByteOrder.LITTLE_ENDIAN);
      String tail = new String(message.array(), 8, used.length() - 8, ISO_8859_1);
      result.add(
          (message.getInt(0) + " " + message.getShort(4) + " " + message.getShort(6) + " " + tail)
              .trim());
    }
    return result;
  }

  private String input(int queue) {
    StringBuilder result = new StringBuilder();
    for (var used : driver.collect(queue)) {
      result.append(new String(used.in().getFirst(), 0, used.length(), ISO_8859_1));
    }
    return result.toString();
  }

  private void handshake() {
    driver.start(TestDriver.ALL);
    for (int i = 0; i < 8; i++) {
      driver.send(2, Buffer.in(64));
    }
    control(0, 0, 1);
    control(0, 3, 1);
    control(1, 3, 1);
  }

  @Test
  void portsAreAnnouncedNamedAndOpened() {
    assertThat(driver.device.read(0x104, 4)).isEqualTo(2);
    handshake();
    assertThat(controls())
        .containsExactly("0 1 1", "1 1 1", "0 4 1", "0 6 1", "1 7 1 " + AGENT, "1 6 1");
    control(1, 6, 1);
    control(1, 6, 0);
    control(1, 6, 0);
    driver.start(TestDriver.ALL);
    assertThat(opened).containsExactly(true, false);
  }

  @Test
  void outputGoesToThePortsSink() {
    handshake();
    driver.send(1, Buffer.out(bytes("hvc0 ")), Buffer.out(bytes("text")));
    driver.send(5, Buffer.out(bytes("agent")));
    assertThat(text).hasToString("hvc0 text");
    assertThat(answers).hasToString("agent");
    assertThat(driver.collect(5).getFirst().length()).isZero();
  }

  @Test
  void inputWaitsForTheGuestToOpenAndForBuffers() {
    handshake();
    console.send(1, bytes("uname -a\n"));
    driver.send(4, Buffer.in(6));
    assertThat(input(4)).isEmpty();
    control(1, 6, 1);
    assertThat(input(4)).isEqualTo("uname ");
    assertThat(console.waiting(1)).isEqualTo(3);
    console.send(1, bytes("exit\n"));
    driver.takeInterrupts();
    driver.send(4, Buffer.in(100));
    assertThat(driver.takeInterrupts()).isEqualTo(1);
    assertThat(input(4)).isEqualTo("-a\nexit\n");
    assertThat(console.waiting(1)).isZero();
    driver.send(4, Buffer.in(100));
    console.send(1, bytes("more"));
    assertThat(input(4)).isEqualTo("more");
  }

  @Test
  void withoutMultiportThereIsPortZero() {
    console.send(0, bytes("early"));
    driver.start(0);
    driver.send(0, Buffer.in(16));
    assertThat(input(0)).isEqualTo("early");
    driver.send(1, Buffer.out(bytes("out")));
    assertThat(text).hasToString("out");
    control(0, 0, 1);
    driver.send(5, Buffer.out(bytes("nowhere")));
    assertThat(answers).hasToString("");
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void oddControlMessagesAreIgnored() {
    handshake();
    controls();
    control(7, 3, 1);
    control(-1, 6, 1);
    control(0, 99, 1);
    driver.send(3, Buffer.out(new byte[3]));
    assertThat(controls()).isEmpty();
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void aDriverThatReadsNoControlMessagesIsStopped() {
    driver.start(TestDriver.ALL & ~VirtioMmio.F_INDIRECT_DESC);
    for (int i = 0; i < 1000; i++) {
      control(0, 0, 1);
    }
    assertThat(driver.needsReset()).isTrue();
    assertThat(driver.takeInterrupts() & 2).isNotZero();
  }
}
