package dev.quire.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.device.ManualTimeline;
import dev.quire.machine.device.TextSink;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever a driver does, the device stays inside its memory, and says when it has had enough. */
class HostileRingTest {
  private static final Logger LOGGER = Logger.getLogger(VirtioMmio.class.getName());
  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;

  private final TestDriver driver = new TestDriver(new VirtioEntropy(RandomSource.seeded(1)));
  private final int table = TestDriver.offset(TestDriver.descriptors(0));

  @BeforeAll
  static void quiet() {
    LOGGER.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOGGER.setLevel(null);
  }

  @BeforeEach
  void start() {
    driver.start(TestDriver.ALL);
    driver.indirect = false;
  }

  private void submit(int head) {
    driver.makeAvailable(0, head);
    driver.tell(0);
  }

  /** The device stopped, said so by a configuration interrupt, and works again after a reset. */
  private void assertStopped() {
    assertThat(driver.needsReset()).isTrue();
    assertThat(driver.takeInterrupts() & 2).isEqualTo(2);
    assertThat(driver.wire.level).isFalse();
    driver.tell(0);
    assertThat(driver.in(0x60)).isZero();
    start();
    driver.send(0, Buffer.in(16));
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void loopOfDescriptors() {
    driver.descriptor(table, ArrayDma.BASE + 0x40000, 16, NEXT | WRITE, 1);
    driver.descriptor(table + 16, ArrayDma.BASE + 0x40000, 16, NEXT | WRITE, 0);
    submit(0);
    assertStopped();
  }

  /** Requests are carried out later; until then a driver may say that it never made them. */
  @Test
  void anIndexThatGoesBack() {
    ManualTimeline timeline = new ManualTimeline();
    VirtioBlock disk = new VirtioBlock(new MemoryDisk(1024, false), "", timeline, 1000);
    TestDriver other = new TestDriver(disk);
    other.start(0);
    other.add(0, Buffer.out(new byte[16]), Buffer.in(4096), Buffer.in(1));
    for (int i = 1; i < 10; i++) {
      other.makeAvailable(0, 0);
    }
    other.tell(0);
    other.dma.memory.putShort(TestDriver.offset(TestDriver.driver(0)) + 2, (short) 4);
    other.tell(0);
    timeline.pass(1000);
    assertThat(disk.pagesRead()).isEqualTo(10);
    assertThat(other.needsReset()).isTrue();
  }

  @Test
  void emptyDescriptorsInALoop() {
    driver.descriptor(table, 0, 0, NEXT, 0);
    submit(0);
    assertStopped();
  }

  @Test
  void headAndNextOutsideTheTable() {
    submit(TestDriver.QUEUE_SIZE);
    assertStopped();
    driver.descriptor(table, ArrayDma.BASE + 0x40000, 16, NEXT | WRITE, 0xffff);
    submit(0);
    assertStopped();
  }

  @Test
  void addressesOutsideMemory() {
    for (long address : new long[] {0, -16, ArrayDma.BASE - 1, ArrayDma.BASE + (1 << 20) - 8}) {
      driver.descriptor(table, address, 16, WRITE, 0);
      submit(0);
      assertStopped();
    }
  }

  @Test
  void lengthsBeyondReason() {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 65 << 20}) {
      driver.descriptor(table, ArrayDma.BASE, length, WRITE, 0);
      submit(0);
      assertStopped();
    }
  }

  @Test
  void readableAfterWritable() {
    driver.descriptor(table, ArrayDma.BASE + 0x40000, 16, NEXT | WRITE, 1);
    driver.descriptor(table + 16, ArrayDma.BASE + 0x40000, 16, 0, 0);
    submit(0);
    assertStopped();
  }

  @Test
  void badIndirectTables() {
    int other = driver.allocate(64);
    int[][] cases = {{16, INDIRECT | NEXT}, {0, INDIRECT}, {15, INDIRECT}, {1 << 20, INDIRECT}};
    for (int[] bad : cases) {
      driver.descriptor(other, ArrayDma.BASE + 0x50000, 16, WRITE, 0);
      driver.descriptor(table, ArrayDma.BASE + other, bad[0], bad[1], 0);
      submit(0);
      assertStopped();
    }
  }

  @Test
  void indirectInsideIndirect() {
    int other = driver.allocate(64);
    driver.descriptor(other, ArrayDma.BASE + other, 16, INDIRECT, 0);
    driver.descriptor(table, ArrayDma.BASE + other, 16, INDIRECT, 0);
    submit(0);
    assertStopped();
    driver.descriptor(table, ArrayDma.BASE + table, 16, INDIRECT, 0);
    submit(0);
    assertStopped();
  }

  @Test
  void indirectNotNegotiated() {
    driver.start(0);
    driver.descriptor(table, ArrayDma.BASE + 0x50000, 16, INDIRECT, 0);
    submit(0);
    assertStopped();
  }

  @Test
  void availableIndexTooFarAhead() {
    driver.dma.memory.putShort(TestDriver.offset(TestDriver.driver(0)) + 2, (short) 17);
    driver.tell(0);
    assertStopped();
  }

  @Test
  void zeroLengthBufferIsAnEmptyRequest() {
    driver.descriptor(table, ArrayDma.BASE + 0x40000, 0, WRITE, 0);
    submit(0);
    assertThat(driver.needsReset()).isFalse();
    assertThat(driver.collect(0)).hasSize(1);
  }

  @Test
  void queueSizesAndAreas() {
    for (int size : new int[] {0, 3, 24, 512, -1, Integer.MIN_VALUE}) {
      driver.out(0x30, 0);
      driver.out(0x44, 0);
      driver.out(0x38, size);
      driver.out(0x44, 1);
      assertThat(driver.in(0x44)).isZero();
      assertStopped();
    }
    driver.out(0x30, 0);
    driver.out(0x44, 0);
    driver.out(0x80, 8);
    driver.out(0x44, 1);
    assertStopped();
  }

  @Test
  void areasOutsideMemory() {
    for (int area = 0; area < 3; area++) {
      driver.out(0x30, 0);
      driver.out(0x44, 0);
      driver.out(0x84 + 0x10 * area, 0x7fff_ffff);
      driver.out(0x44, 1);
      driver.availIndex[0] = 0;
      driver.descriptor(table, ArrayDma.BASE + 0x40000, 16, WRITE, 0);
      submit(0);
      assertStopped();
    }
  }

  @Test
  void notificationsOfQueuesThatAreNotReadyAreIgnored() {
    driver.out(0x30, 0);
    driver.out(0x44, 0);
    driver.tell(0);
    driver.tell(7);
    driver.tell(-1);
    assertThat(driver.needsReset()).isFalse();
    assertThat(driver.in(0x60)).isZero();
  }

  @Test
  void nothingHappensBeforeDriverOk() {
    driver.out(0x70, 0);
    assertThat(driver.in(0x70)).isZero();
    driver.out(0x70, 7);
    assertThat(driver.in(0x70)).isEqualTo(3);
    driver.out(0x24, 1);
    driver.out(0x20, 3);
    driver.out(0x70, 0xb);
    assertThat(driver.in(0x70)).isEqualTo(3);
    driver.out(0x20, 1);
    driver.out(0x70, 0xb);
    assertThat(driver.in(0x70)).isEqualTo(0xb);
    assertThatThrownBy(() -> driver.device.read(0, 1)).isInstanceOf(BusFault.class);
  }

  @Test
  void randomRingsAndRegisters() {
    ManualTimeline timeline = new ManualTimeline();
    VirtioConsole console =
        new VirtioConsole(
            List.of(
                ConsolePort.console(new TextSink()),
                new ConsolePort("agent", new TextSink(), open -> {})));
    VirtioBalloon balloon = new VirtioBalloon(new AnyPages(), timeline);
    VirtioFunction[] functions = {
      new VirtioBlock(new MemoryDisk(64, false), "", timeline, 50),
      new VirtioBlock(new MemoryDisk(64, false), "", timeline, 0),
      new VirtioEntropy(RandomSource.seeded(4)),
      console,
      balloon
    };
    SplittableRandom random = new SplittableRandom(5);
    int stopped = 0;
    int served = 0;
    for (VirtioFunction function : functions) {
      TestDriver hostile = new TestDriver(function, 0x40000);
      for (int i = 0; i < 3000; i++) {
        hostile.start(random.nextLong());
        scribble(hostile, random, function.queueCount());
        for (int j = 0; j < 6; j++) {
          hostile.tell(random.nextInt(function.queueCount() + 1));
          console.send(1, new byte[3]);
          if (function.equals(balloon)) {
            balloon.target(i);
            balloon.requestStatistics();
          }
          timeline.pass(random.nextInt(60));
        }
        stopped += hostile.needsReset() ? 1 : 0;
        served += hostile.dma.memory.getShort(0x2002) != 0 ? 1 : 0;
        if (i % 10 == 0) {
          hostile.out(random.nextInt(0x40) * 4, random.nextInt());
        }
      }
    }
    assertThat(stopped).isGreaterThan(3000);
    assertThat(served).isGreaterThan(1000);
  }

  /** Takes every page, as long as it is whole. */
  private static final class AnyPages implements BalloonPages {
    @Override
    public void inflated(long gfn) {
      assertThat(gfn).isBetween(0L, 0xffff_ffffL);
    }

    @Override
    public void deflated(long gfn) {
      assertThat(gfn).isBetween(0L, 0xffff_ffffL);
    }

    @Override
    public void reported(long gpa, long length) {
      assertThat((gpa | length) % 4096).isZero();
      assertThat(length).isBetween(4096L, 128L << 20);
    }
  }

  /** Rings that are nearly right more often than not, so that the faults lie deep. */
  private static void scribble(TestDriver driver, SplittableRandom random, int queues) {
    for (int queue = 0; queue < queues; queue++) {
      for (int i = 0; i < 64; i++) {
        int at = queue * 0x4000 + 16 * i;
        boolean wild = random.nextInt(40) == 0;
        long address = ArrayDma.BASE + random.nextInt(0x40000);
        int length = random.nextInt(4) == 0 ? 16 : random.nextInt(2000);
        int flags = random.nextInt(random.nextInt(8) == 0 ? 8 : 4);
        driver.descriptor(
            at,
            wild ? random.nextLong() : address,
            wild ? random.nextInt() : length,
            wild ? random.nextInt() : flags,
            random.nextInt(wild ? 0x10000 : TestDriver.QUEUE_SIZE));
      }
      int avail = queue * 0x4000 + 0x1000;
      driver.dma.memory.putShort(avail + 2, (short) random.nextInt(TestDriver.QUEUE_SIZE + 2));
      for (int i = 0; i < TestDriver.QUEUE_SIZE; i++) {
        driver.dma.memory.putShort(avail + 4 + 2 * i, (short) random.nextInt(17));
      }
    }
  }
}
