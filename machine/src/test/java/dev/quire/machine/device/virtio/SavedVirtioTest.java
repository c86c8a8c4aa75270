package dev.quire.machine.device.virtio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.device.ManualTimeline;
import dev.quire.machine.device.TextSink;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.States;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A driver does not notice that its device goes on from a saved state. */
class SavedVirtioTest {
  private static final Logger LOGGER = Logger.getLogger(VirtioMmio.class.getName());
  private static final String AGENT = "agent";
  private static final long SAVED_AT = 777_700;
  private static final long ORIGIN = 1_000;
  private static final int LATENCY = 20_000;
  private static final int SECTORS = 16;

  private final ManualTimeline before = new ManualTimeline();
  private final ManualTimeline after = new ManualTimeline();
  private final MemoryDisk disk = new MemoryDisk(SECTORS, false);
  private final List<Boolean> opened = new ArrayList<>();
  private final TextSink text = new TextSink();

  @BeforeAll
  static void quiet() {
    LOGGER.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOGGER.setLevel(null);
  }

  private VirtioBlock block(ManualTimeline timeline) {
    return new VirtioBlock(disk, "serial", timeline, LATENCY);
  }

  private static Buffer message(int id, int event, int value) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    return Buffer.out(bytes.putInt(id).putShort((short) event).putShort((short) value).array());
  }

  private static Buffer readRequest(long sector) {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    return Buffer.out(bytes.putInt(0).putInt(0).putLong(sector).array());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, VirtioMmio.F_INDIRECT_DESC, VirtioMmio.F_EVENT_IDX, TestDriver.ALL})
  void requestsInFlightCompleteWhenTheyWouldHave(long features) {
    Arrays.fill(disk.bytes, (byte) 9);
    TestDriver driver = new TestDriver(block(before));
    driver.start(features);
    for (int i = 0; i < 20; i++) {
      driver.send(0, readRequest(i % 3), Buffer.in(512), Buffer.in(1));
      before.pass(LATENCY);
      assertThat(driver.collect(0)).hasSize(1);
    }
    before.pass(SAVED_AT - before.now() - 8_000);
    driver.send(0, readRequest(3), Buffer.in(512), Buffer.in(1));
    before.pass(5_000);
    driver.send(0, readRequest(4), Buffer.in(512), Buffer.in(1));
    before.pass(3_000);
    byte[] state = States.save(SAVED_AT, driver.device::save);

    driver.goOn(block(after), state, ORIGIN);
    after.pass(ORIGIN + 12_000 - 1);
    assertThat(driver.collect(0)).isEmpty();
    after.pass(1);
    assertThat(driver.collect(0)).hasSize(1);
    after.pass(5_000);
    assertThat(driver.collect(0).getFirst().in().getFirst()).containsOnly(9);
    assertThat(driver.wire.level).isTrue();
    driver.send(0, readRequest(5), Buffer.in(512), Buffer.in(1));
    after.pass(LATENCY);
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(after.pending()).isZero();
  }

  @Test
  void requestsOfAQueueThatWasResetAreForgotten() {
    TestDriver driver = new TestDriver(block(before));
    driver.start(0);
    driver.send(0, readRequest(3), Buffer.in(512), Buffer.in(1));
    driver.start(0);
    driver.goOn(block(after), States.save(driver.device::save), 0);
    assertThat(after.pending()).isZero();
  }

  @Test
  void aDiskOfAnotherSizeIsAFault() {
    TestDriver driver = new TestDriver(block(before));
    byte[] state = States.save(driver.device::save);
    VirtioBlock larger = new VirtioBlock(new MemoryDisk(99, false), "serial", after, LATENCY);
    assertThatThrownBy(() -> driver.goOn(larger, state, 0))
        .isInstanceOf(StateFault.class)
        .hasMessageContaining("16 sectors instead of 99");
    assertThatThrownBy(() -> driver.goOn(new VirtioEntropy(bytes -> {}), state, 0))
        .isInstanceOf(StateFault.class)
        .hasMessageContaining("there is virtio device 2 instead of 4");
  }

  private VirtioConsole console() {
    return new VirtioConsole(
        List.of(ConsolePort.console(text), new ConsolePort(AGENT, text, opened::add)));
  }

  @Test
  void inputThatWaitsAndMessagesArriveLater() {
    VirtioConsole first = console();
    TestDriver driver = new TestDriver(first);
    driver.start(TestDriver.ALL);
    driver.send(3, message(0, 0, 1));
    driver.send(3, message(1, 3, 1));
    driver.send(3, message(1, 6, 1));
    driver.send(2, Buffer.in(64));
    assertThat(driver.collect(2)).hasSize(1);
    first.send(1, "hello ".getBytes(ISO_8859_1));
    first.send(1, "agent".getBytes(ISO_8859_1));
    driver.send(4, Buffer.in(2));
    assertThat(driver.collect(4).getFirst().in().getFirst()).containsExactly('h', 'e');

    VirtioConsole second = console();
    driver.goOn(second, States.save(driver.device::save), 0);
    assertThat(opened).containsExactly(true, true);
    assertThat(second.waiting(1)).isEqualTo(9);
    driver.send(4, Buffer.in(9));
    assertThat(new String(driver.collect(4).getFirst().in().getFirst(), ISO_8859_1))
        .isEqualTo("llo agent");
    assertThat(second.waiting(1)).isZero();
    for (int i = 0; i < 3; i++) {
      driver.send(2, Buffer.in(64));
    }
    assertThat(driver.collect(2)).as("the other port, name and open").hasSize(3);
    driver.send(5, Buffer.out("answer".getBytes(ISO_8859_1)));
    assertThat(text).hasToString("answer");
  }

  private static VirtioBalloon balloon(ManualTimeline timeline) {
    return new VirtioBalloon(
        new BalloonPages() {
          @Override
          public void inflated(long gfn) {}

          @Override
          public void deflated(long gfn) {}

          @Override
          public void reported(long gpa, long length) {}
        },
        timeline);
  }

  @Test
  void theBalloonKeepsItsNumbersAndTheBufferForStatistics() {
    VirtioBalloon first = balloon(before);
    TestDriver driver = new TestDriver(first);
    driver.start(TestDriver.ALL);
    first.target(1000);
    driver.device.write(0x104, 4, 900);
    before.pass(SAVED_AT - 300);
    ByteBuffer entry = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    driver.send(2, Buffer.out(entry.putShort((short) 4).putLong(4321).array()));
    before.pass(300);

    VirtioBalloon second = balloon(after);
    driver.goOn(second, States.save(SAVED_AT, driver.device::save), ORIGIN);
    assertThat(second.target()).isEqualTo(1000);
    assertThat(second.actual()).isEqualTo(900);
    assertThat(driver.device.read(0x100, 4)).isEqualTo(1000);
    assertThat(second.statistics().free()).isEqualTo(4321);
    assertThat(second.statistics().total()).isEqualTo(BalloonStatistics.UNKNOWN);
    assertThat(second.statistics().nanos()).isEqualTo(ORIGIN - 300);
    assertThat(driver.collect(2)).isEmpty();
    second.requestStatistics();
    assertThat(driver.collect(2)).hasSize(1);
    second.requestStatistics();
    assertThat(driver.collect(2)).isEmpty();
  }

  @Test
  void aDeviceThatNeedsAResetStillDoes() {
    VirtioEntropy entropy = new VirtioEntropy(RandomSource.seeded(1));
    TestDriver driver = new TestDriver(entropy);
    driver.start(0);
    driver.makeAvailable(0, TestDriver.QUEUE_SIZE);
    driver.tell(0);
    assertThat(driver.needsReset()).isTrue();
    driver.goOn(entropy, States.save(driver.device::save), 0);
    assertThat(driver.needsReset()).isTrue();
    assertThat(driver.wire.level).isTrue();
    driver.start(0);
    driver.send(0, Buffer.in(16));
    assertThat(driver.collect(0)).hasSize(1);
  }

  @Test
  void aDamagedStateIsAFaultOrHarmless() {
    TestDriver disks = new TestDriver(block(before));
    disks.start(TestDriver.ALL);
    disks.send(0, readRequest(3), Buffer.in(512), Buffer.in(1));
    damage(disks, 1, () -> block(after));

    VirtioConsole console = console();
    TestDriver consoles = new TestDriver(console);
    consoles.start(TestDriver.ALL);
    consoles.send(3, message(0, 0, 1));
    console.send(0, new byte[] {1, 2, 3});
    damage(consoles, 6, this::console);

    TestDriver balloons = new TestDriver(balloon(before));
    balloons.start(TestDriver.ALL);
    balloons.send(2, Buffer.out(new byte[30]));
    damage(balloons, 5, () -> balloon(after));
  }

  /** Loads each damaged state, and goes on with it as a driver might. */
  private void damage(TestDriver driver, int queues, Supplier<VirtioFunction> functions) {
    States.damage(
        States.save(driver.device::save),
        state -> {
          try {
            driver.goOn(functions.get(), state, 0);
          } catch (StateFault fault) {
            assertThat(fault).hasMessageEndingWith(".");
            return;
          }
          for (int queue = 0; queue < queues; queue++) {
            driver.tell(queue);
          }
          driver.device.changeConfig(() -> {});
          after.pass(LATENCY);
          driver.takeInterrupts();
          States.save(driver.device::save);
          driver.out(0x70, 0);
        });
  }
}
