package dev.quire.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.device.ManualTimeline;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class VirtioBalloonTest {
  private static final Logger LOGGER = Logger.getLogger(VirtioMmio.class.getName());
  private static final int STATS_VQ = 1 << 1;
  private static final int DEFLATE_ON_OOM = 1 << 2;
  private static final int REPORTING = 1 << 5;
  private static final int USED = 1;
  private static final int CONFIG_CHANGED = 2;
  private static final int PAGE = 4096;

  private final List<String> told = new ArrayList<>();
  private final ManualTimeline timeline = new ManualTimeline();
  private final VirtioBalloon balloon = new VirtioBalloon(new Notes(), timeline);
  private final TestDriver driver = new TestDriver(balloon);

  /** Writes down what the driver does. */
  private final class Notes implements BalloonPages {
    @Override
    public void inflated(long gfn) {
      told.add("inflated %x".formatted(gfn));
    }

    @Override
    public void deflated(long gfn) {
      told.add("deflated %x".formatted(gfn));
    }

    @Override
    public void reported(long gpa, long length) {
      told.add("reported %x + %x".formatted(gpa, length));
    }
  }

  @BeforeAll
  static void quiet() {
    LOGGER.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOGGER.setLevel(null);
  }

  private static Buffer pages(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      bytes.putInt(number);
    }
    return Buffer.out(bytes.array());
  }

  /** Entries from tag, value, tag, value, ... */
  private static Buffer entries(long... tagsAndValues) {
    ByteBuffer bytes = ByteBuffer.allocate(5 * tagsAndValues.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tagsAndValues.length; i += 2) {
      bytes.putShort((short) tagsAndValues[i]).putLong(tagsAndValues[i + 1]);
    }
    return Buffer.out(bytes.array());
  }

  /** Makes a buffer at {@code gpa} available that need not be memory. */
  private void sendRange(int queue, long gpa, int length, int flags) {
    int table = TestDriver.offset(TestDriver.descriptors(queue));
    driver.descriptor(table, gpa, length, flags, 0);
    driver.makeAvailable(queue, 0);
    driver.tell(queue);
  }

  private int config(int offset) {
    return driver.in(0x100 + offset);
  }

  // ---- target and size ----------------------------------------------------------------------

  @Test
  void offersWhatItHas() {
    assertThat(driver.in(0x008)).isEqualTo(5);
    assertThat(driver.offered() & 0xffffff).isEqualTo(STATS_VQ | DEFLATE_ON_OOM | REPORTING);
  }

  @Test
  void targetIsToldByAnInterruptAndANewGeneration() {
    balloon.target(7);
    assertThat(driver.wire.level).isFalse();
    driver.start(TestDriver.ALL);
    assertThat(config(0)).isEqualTo(7);
    int generation = driver.in(0xfc);
    balloon.target(300);
    assertThat(driver.takeInterrupts()).isEqualTo(CONFIG_CHANGED);
    assertThat(driver.in(0xfc)).isNotEqualTo(generation);
    assertThat(config(0)).isEqualTo(300);
    assertThat(balloon.target()).isEqualTo(300);
    driver.out(0x70, 0);
    assertThat(config(0)).isEqualTo(300);
    assertThatThrownBy(() -> balloon.target(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void driverSaysHowManyPagesItHolds() {
    driver.start(TestDriver.ALL);
    driver.out(0x104, 300);
    assertThat(balloon.actual()).isEqualTo(300);
    assertThat(config(4)).isEqualTo(300);
    driver.device.write(0x105, 1, 2);
    assertThat(balloon.actual()).isEqualTo(0x22c);
    driver.out(0x104, -1);
    assertThat(balloon.actual()).isEqualTo(Integer.MAX_VALUE);
    driver.start(TestDriver.ALL);
    assertThat(balloon.actual()).isZero();
  }

  @Test
  void nothingElseOfTheConfigurationIsTheDriversToWrite() {
    balloon.target(5);
    driver.start(TestDriver.ALL);
    driver.out(0x100, 99);
    driver.device.write(0x100, 8, 77L << 32 | 99);
    driver.out(0x108, 99);
    driver.device.write(0xfff, 8, -1);
    assertThat(config(0)).isEqualTo(5);
    assertThat(config(8)).isZero();
    assertThat(balloon.target()).isEqualTo(5);
    assertThat(balloon.actual()).isEqualTo(77);
  }

  @Test
  void driverIsReadyWhileItDrives() {
    assertThat(balloon.driverReady()).isFalse();
    driver.start(TestDriver.ALL);
    assertThat(balloon.driverReady()).isTrue();
    driver.makeAvailable(0, 99);
    driver.tell(0);
    assertThat(driver.needsReset()).isTrue();
    assertThat(balloon.driverReady()).isFalse();
  }

  // ---- pages --------------------------------------------------------------------------------

  @Test
  void pagesAreNamedOneByOne() {
    driver.start(TestDriver.ALL);
    driver.send(0, pages(0x80001), pages(0x80002, 0x90000));
    assertThat(told).containsExactly("inflated 80001", "inflated 80002", "inflated 90000");
    assertThat(driver.collect(0).getFirst().length()).isZero();
    assertThat(driver.takeInterrupts()).isEqualTo(USED);
    told.clear();
    driver.send(1, pages(0x90000));
    assertThat(told).containsExactly("deflated 90000");
    assertThat(driver.collect(1)).hasSize(1);
    assertThat(driver.takeInterrupts()).isEqualTo(USED);
  }

  @Test
  void anyNumberIsAPageAndAnyLengthAnArray() {
    driver.start(0);
    driver.send(0, pages(-1, 0, Integer.MIN_VALUE, 0));
    assertThat(told)
        .containsExactly("inflated ffffffff", "inflated 0", "inflated 80000000", "inflated 0");
    told.clear();
    driver.send(0, Buffer.out(new byte[] {1, 0, 0, 0, 2, 0, 0}));
    driver.send(0, Buffer.out(new byte[3]));
    driver.send(0, Buffer.in(64));
    sendRange(0, 0, 0, 0);
    assertThat(told).containsExactly("inflated 1");
    assertThat(driver.needsReset()).isFalse();
    assertThat(driver.collect(0)).hasSize(5);
  }

  @Test
  void arraysAreBounded() {
    driver.start(0);
    driver.send(1, Buffer.out(new byte[1 << 16]));
    assertThat(told).hasSize(1 << 14).containsOnly("deflated 0");
    sendRange(1, ArrayDma.BASE, (1 << 16) + 4, 0);
    assertThat(driver.needsReset()).isTrue();
    assertThat(told).hasSize(1 << 14);
  }

  @Test
  void arraysOutsideMemoryNeedAReset() {
    driver.start(0);
    sendRange(0, 0x1000, 64, 0);
    assertThat(driver.needsReset()).isTrue();
    assertThat(driver.takeInterrupts()).isEqualTo(CONFIG_CHANGED);
    assertThat(told).isEmpty();
  }

  // ---- free pages ---------------------------------------------------------------------------

  @Test
  void reportedPagesAreTheBuffersThemselves() {
    driver.start(TestDriver.ALL);
    int free = 0x80000;
    driver.dma.bytes[free] = 1;
    int table = driver.allocate(32);
    driver.descriptor(table, ArrayDma.BASE + free, PAGE, 3, 1);
    driver.descriptor(table + 16, 0x1_0000_0000L, 4 << 20, 2, 0);
    sendRange(3, ArrayDma.BASE + table, 32, 4);
    assertThat(told).containsExactly("reported 80080000 + 1000", "reported 100000000 + 400000");
    assertThat(driver.dma.bytes[free]).isEqualTo((byte) 1);
    assertThat(driver.collect(3).getFirst().length()).isZero();
    assertThat(driver.takeInterrupts()).isEqualTo(USED);
  }

  @Test
  void onlyWholePagesAreReported() {
    driver.start(0xffff_ffffL & ~VirtioMmio.F_INDIRECT_DESC);
    sendRange(4, 0x8000_0800L, 3 * PAGE, 2);
    sendRange(4, 0x8000_0001L, PAGE, 2);
    sendRange(4, 0x8000_0000L, PAGE - 1, 2);
    sendRange(4, 0x8000_0000L, 0, 2);
    sendRange(4, 0x8000_0000L, PAGE, 0);
    sendRange(4, -200, 100, 2);
    sendRange(4, -2 * PAGE, PAGE, 2);
    assertThat(told)
        .containsExactly("reported 80001000 + 2000", "reported ffffffffffffe000 + 1000");
    assertThat(driver.collect(4)).hasSize(7);
    assertThat(driver.needsReset()).isFalse();
  }

  @Test
  void reportsAreBounded() {
    driver.start(REPORTING);
    sendRange(2, 0x8000_0000L, 128 << 20, 2);
    assertThat(told).containsExactly("reported 80000000 + 8000000");
    sendRange(2, 0x8000_0000L, (128 << 20) + PAGE, 2);
    assertThat(driver.needsReset()).isTrue();
    assertThat(told).hasSize(1);
  }

  @Test
  void queuesThatWereNotNegotiatedAreIgnored() {
    driver.start(DEFLATE_ON_OOM);
    for (int queue = 2; queue < 5; queue++) {
      sendRange(queue, 0x8000_0000L, PAGE, 2);
      assertThat(driver.collect(queue)).isEmpty();
    }
    assertThat(told).isEmpty();
    assertThat(driver.needsReset()).isFalse();
  }

  // ---- statistics ---------------------------------------------------------------------------

  @Test
  void statisticsComeWhenAskedFor() {
    driver.start(TestDriver.ALL);
    assertThat(balloon.statistics()).isEqualTo(BalloonStatistics.NONE);
    driver.send(2, entries(4, 1000, 5, 9000));
    assertThat(balloon.statistics().free()).isEqualTo(1000);
    assertThat(balloon.statistics().total()).isEqualTo(9000);
    assertThat(balloon.statistics().available()).isEqualTo(BalloonStatistics.UNKNOWN);
    assertThat(driver.collect(2)).isEmpty();
    balloon.requestStatistics();
    assertThat(driver.takeInterrupts()).isEqualTo(USED);
    assertThat(driver.collect(2)).hasSize(1);
    balloon.requestStatistics();
    assertThat(driver.takeInterrupts()).isZero();
    timeline.pass(50);
    driver.send(2, entries(7, 1, 10, 2, 6, 3, 3, 4, 2, 5, 1, 6, 0, 7, 5, 8, 4, 9));
    assertThat(balloon.statistics())
        .isEqualTo(new BalloonStatistics(timeline.now(), 9, 3, 8, 1, 7, 6, 5, 4, 2));
    assertThat(timeline.now()).isPositive();
  }

  @Test
  void bufferAnnouncedBeforeTheDriverIsReadyIsFound() {
    driver.prepare(TestDriver.ALL);
    driver.send(2, entries(4, 1000));
    assertThat(balloon.statistics()).isEqualTo(BalloonStatistics.NONE);
    driver.ready();
    assertThat(balloon.statistics().free()).isEqualTo(1000);
    balloon.requestStatistics();
    assertThat(driver.collect(2)).hasSize(1);
  }

  @Test
  void oddStatisticsAreTakenForWhatTheyAre() {
    driver.start(STATS_VQ);
    driver.send(2, entries(4, -5, 0xffff, 1, 11, 2, 5, 10, 5, 20));
    assertThat(balloon.statistics().free()).isEqualTo(BalloonStatistics.UNKNOWN);
    assertThat(balloon.statistics().total()).isEqualTo(20);
    driver.send(2, Buffer.out(new byte[9]));
    assertThat(balloon.statistics().total()).isEqualTo(BalloonStatistics.UNKNOWN);
    driver.send(2, Buffer.in(100));
    sendRange(2, 0, 0, 0);
    assertThat(driver.collect(2)).hasSize(3);
    driver.send(2, Buffer.out(new byte[1 << 16]));
    assertThat(balloon.statistics().swapIn()).isZero();
    assertThat(driver.needsReset()).isFalse();
    sendRange(2, ArrayDma.BASE, 1 << 17, 0);
    assertThat(driver.needsReset()).isTrue();
    balloon.requestStatistics();
    assertThat(driver.collect(2)).hasSize(1);
  }

  @Test
  void keptBufferIsForgottenWithItsQueue() {
    driver.start(TestDriver.ALL);
    driver.send(2, entries(4, 1000));
    driver.start(TestDriver.ALL);
    assertThat(balloon.statistics()).isEqualTo(BalloonStatistics.NONE);
    balloon.requestStatistics();
    assertThat(driver.collect(2)).isEmpty();
    driver.send(2, entries(4, 2000));
    driver.out(0x30, 2);
    driver.out(0x44, 0);
    driver.out(0x44, 1);
    balloon.requestStatistics();
    assertThat(driver.collect(2)).isEmpty();
    assertThat(driver.takeInterrupts()).isZero();
  }
}
