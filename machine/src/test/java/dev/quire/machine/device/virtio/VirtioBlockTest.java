package dev.quire.machine.device.virtio;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.ManualTimeline;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioBlockTest {
  private static final int LATENCY = 100_000;

  private final ManualTimeline timeline = new ManualTimeline();
  private final MemoryDisk disk = new MemoryDisk(1024, false);
  private final TestDriver driver = driver(disk);

  private TestDriver driver(BlockStore store) {
    return new TestDriver(new VirtioBlock(store, "serial-7", timeline, LATENCY));
  }

  private static Buffer header(int type, long sector) {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    return Buffer.out(bytes.putInt(type).putInt(0).putLong(sector).array());
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** The status of one request, after the latency. */
  private int status(TestDriver driver, Buffer... buffers) {
    driver.send(0, buffers);
    timeline.pass(LATENCY);
    var used = driver.collect(0);
    assertThat(used).hasSize(1);
    return used.getFirst().in().getLast()[0];
  }

  @Test
  void identifiesItself() {
    assertThat(driver.in(0)).isEqualTo(0x74726976);
    assertThat(driver.in(4)).isEqualTo(2);
    assertThat(driver.in(8)).isEqualTo(2);
    assertThat(driver.device.read(0x100, 8)).isEqualTo(1024);
    assertThat(driver.in(0x100)).isEqualTo(1024);
    assertThat(driver.device.read(0x114, 2)).isEqualTo(512);
    assertThat(driver.device.read(0x1fe, 1)).isZero();
    assertThat(driver.offered() & 1 << 9).isNotZero();
    assertThat(driver.offered() & 1 << 5).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, VirtioMmio.F_INDIRECT_DESC, VirtioMmio.F_EVENT_IDX, TestDriver.ALL})
  void writesThenReads(long features) {
    driver.start(features);
    byte[] data = random(3 * 512);
    for (int round = 0; round < 40; round++) {
      int sector = 5 + round;
      Buffer part = Buffer.out(Arrays.copyOf(data, 512));
      Buffer rest = Buffer.out(Arrays.copyOfRange(data, 512, data.length));
      assertThat(status(driver, header(1, sector), part, rest, Buffer.in(1))).isZero();
      assertThat(driver.takeInterrupts()).isEqualTo(1);

      driver.send(0, header(0, sector), Buffer.in(1000), Buffer.in(536), Buffer.in(1));
      timeline.pass(LATENCY);
      var used = driver.collect(0).getFirst();
      assertThat(used.length()).isEqualTo(data.length + 1);
      assertThat(used.in().get(0)).isEqualTo(Arrays.copyOf(data, 1000));
      assertThat(used.in().get(1)).isEqualTo(Arrays.copyOfRange(data, 1000, 1536));
      assertThat(used.in().get(2)).containsExactly(0);
    }
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void largeTransfer() {
    driver.start(TestDriver.ALL);
    byte[] data = random(150 * 1024);
    assertThat(status(driver, header(1, 700), Buffer.out(data), Buffer.in(1))).isZero();
    assertThat(Arrays.copyOfRange(disk.bytes, 700 * 512, 700 * 512 + data.length)).isEqualTo(data);
  }

  @Test
  void completesAtAFixedTimeAfterTheNotification() {
    driver.start(0);
    driver.add(0, header(4, 0), Buffer.in(1));
    timeline.pass(7);
    driver.tell(0);
    driver.tell(0);
    assertThat(timeline.pending()).isEqualTo(1);
    timeline.pass(LATENCY / 2);
    driver.send(0, header(4, 0), Buffer.in(1));
    timeline.pass(LATENCY / 2 - 1);
    assertThat(driver.collect(0)).isEmpty();
    assertThat(driver.wire.level).isFalse();
    timeline.pass(1);
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(driver.wire.level).isTrue();
    timeline.pass(LATENCY / 2 - 1);
    assertThat(driver.collect(0)).isEmpty();
    timeline.pass(1);
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(disk.flushes).isEqualTo(2);
  }

  @Test
  void noLatencyCompletesAtOnce() {
    TestDriver eager = new TestDriver(new VirtioBlock(disk, "", timeline, 0));
    eager.start(TestDriver.ALL);
    eager.send(0, header(4, 0), Buffer.in(1));
    assertThat(eager.collect(0)).hasSize(1);
  }

  @Test
  void resetForgetsRequestsUnderWay() {
    driver.start(0);
    driver.send(0, header(1, 3), Buffer.out(random(512)), Buffer.in(1));
    driver.start(0);
    timeline.pass(LATENCY);
    assertThat(driver.collect(0)).isEmpty();
    assertThat(disk.bytes).containsOnly(0);
    assertThat(status(driver, header(4, 0), Buffer.in(1))).isZero();
  }

  @Test
  void errors() {
    driver.start(TestDriver.ALL);
    assertThat(status(driver, header(0, 1024), Buffer.in(512), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(0, 1023), Buffer.in(1024), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(0, -1), Buffer.in(512), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(0, Long.MAX_VALUE), Buffer.in(512), Buffer.in(1)))
        .isEqualTo(1);
    assertThat(status(driver, header(0, 0), Buffer.in(100), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(99, 0), Buffer.in(1))).isEqualTo(2);
    disk.broken = true;
    assertThat(status(driver, header(0, 0), Buffer.in(512), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(1, 0), Buffer.out(random(512)), Buffer.in(1))).isEqualTo(1);
    assertThat(status(driver, header(4, 0), Buffer.in(1))).isEqualTo(1);
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void serialNumber() {
    driver.start(0);
    driver.send(0, header(8, 0), Buffer.in(20), Buffer.in(1));
    timeline.pass(LATENCY);
    byte[] id = driver.collect(0).getFirst().in().getFirst();
    assertThat(new String(id, US_ASCII).trim()).isEqualTo("serial-7");
  }

  @Test
  void readOnlyDiskRefusesWrites() {
    MemoryDisk fixed = new MemoryDisk(8, true);
    TestDriver other = driver(fixed);
    assertThat(other.offered() & 1 << 5).isNotZero();
    other.start(TestDriver.ALL);
    assertThat(status(other, header(1, 0), Buffer.out(random(512)), Buffer.in(1))).isEqualTo(1);
    assertThat(fixed.bytes).containsOnly(0);
  }

  // ---- discards ------------------------------------------------------------------------------

  private TestDriver discarding() {
    disk.discards = true;
    Arrays.fill(disk.bytes, (byte) 7);
    TestDriver other = driver(disk);
    other.start(TestDriver.ALL | 1 << 13);
    assertThat(other.needsReset()).isFalse();
    return other;
  }

  private static byte[] ranges(long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length / 3 * 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < numbers.length; i += 3) {
      bytes.putLong(numbers[i]).putInt((int) numbers[i + 1]).putInt((int) numbers[i + 2]);
    }
    return bytes.array();
  }

  private int discard(TestDriver driver, byte[] ranges) {
    return status(driver, header(11, 0), Buffer.out(ranges), Buffer.in(1));
  }

  @Test
  void saysWhatItCanDiscard() {
    assertThat(driver.offered() & 1 << 13).isZero();
    assertThat(driver.in(0x124)).isZero();
    TestDriver other = discarding();
    assertThat(other.offered() & 1 << 13).isNotZero();
    assertThat(other.in(0x124)).isEqualTo(8192);
    assertThat(other.in(0x128)).isEqualTo(16);
    assertThat(other.in(0x12c)).isEqualTo(8);
  }

  @Test
  void discardsRanges() {
    TestDriver other = discarding();
    assertThat(discard(other, ranges(8, 16, 0, 1000, 24, 0, 40, 0, 0))).isZero();
    for (int sector = 0; sector < 1024; sector++) {
      boolean gone = sector >= 8 && sector < 24 || sector >= 1000;
      assertThat(disk.bytes[512 * sector]).isEqualTo((byte) (gone ? 0 : 7));
    }
  }

  /** A request with one range that is not possible does nothing. */
  @Test
  void rangesThatAreNotPossible() {
    TestDriver other = discarding();
    long[][] errors = {
      {1024, 1, 0},
      {1020, 8, 0},
      {-1, 1, 0},
      {Long.MAX_VALUE, 8192, 0},
      {Long.MIN_VALUE, 8, 0},
      {0, -1, 0},
      {0, Integer.MIN_VALUE, 0},
      {0, 8193, 0},
      {1, 1024, 0}
    };
    for (long[] bad : errors) {
      assertThat(discard(other, ranges(0, 8, 0, bad[0], bad[1], bad[2]))).isEqualTo(1);
    }
    for (int flags : new int[] {1, 2, -1}) {
      assertThat(discard(other, ranges(0, 8, 0, 8, 8, flags))).isEqualTo(2);
    }
    for (int length : new int[] {0, 1, 15, 17, 17 * 16, 4096}) {
      assertThat(discard(other, new byte[length])).isEqualTo(1);
    }
    assertThat(status(other, header(11, 0), Buffer.in(1))).isEqualTo(1);
    assertThat(disk.bytes).containsOnly(7);
    disk.broken = true;
    assertThat(discard(other, ranges(0, 8, 0))).isEqualTo(1);
    disk.broken = false;
    assertThat(discard(other, ranges(0, 8, 0))).isZero();
    assertThat(other.needsReset()).isFalse();
  }

  @Test
  void aDiskThatCannotDiscardSaysSo() {
    driver.start(TestDriver.ALL);
    assertThat(discard(driver, ranges(0, 8, 0))).isEqualTo(2);
  }

  @Test
  void interruptsOnlyWhenWanted() {
    driver.start(0);
    driver.dma.memory.putShort(TestDriver.offset(TestDriver.driver(0)), (short) 1);
    assertThat(status(driver, header(4, 0), Buffer.in(1))).isZero();
    assertThat(driver.wire.level).isFalse();

    driver.start(VirtioMmio.F_EVENT_IDX);
    int usedEvent = TestDriver.offset(TestDriver.driver(0)) + 4 + 2 * TestDriver.QUEUE_SIZE;
    driver.dma.memory.putShort(usedEvent, (short) 1);
    driver.send(0, header(4, 0), Buffer.in(1));
    timeline.pass(LATENCY);
    assertThat(driver.wire.level).isFalse();
    driver.send(0, header(4, 0), Buffer.in(1));
    timeline.pass(LATENCY);
    assertThat(driver.wire.level).isTrue();
    int availEvent = TestDriver.offset(TestDriver.used(0)) + 4 + 8 * TestDriver.QUEUE_SIZE;
    assertThat(driver.dma.memory.getShort(availEvent)).isEqualTo((short) 2);
  }
}
