package dev.quire.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.ManualTimeline;
import dev.quire.machine.device.virtio.TestDriver.Buffer;
import dev.quire.machine.state.States;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a disk tells of the pages that it transfers, and how long it takes itself. */
class PageTransfersTest {
  private static final int LATENCY = 1_000;
  private static final int DISK = 50_000;
  private static final int PAGE = PageTransfers.PAGE;
  private static final VirtioBlock.Times TIMES = new VirtioBlock.Times(LATENCY, DISK);

  private final ManualTimeline timeline = new ManualTimeline();
  private final MemoryDisk disk = new MemoryDisk(1024, false);
  private final Known known = new Known();
  private final VirtioBlock block = new VirtioBlock(disk, "", timeline, TIMES, known);
  private final TestDriver driver = new TestDriver(block);

  /** Knows some blocks, and writes down what it hears. */
  private static final class Known implements PageTransfers {
    private final Map<Long, Byte> blocks = new HashMap<>();
    private final List<String> heard = new ArrayList<>();
    private boolean absorbs;
    private boolean checks;

    @Override
    public boolean has(long block) {
      return blocks.containsKey(block);
    }

    @Override
    public boolean absorbs() {
      return absorbs;
    }

    @Override
    public boolean find(long block, long gpa, byte[] to, int offset) {
      heard.add("find " + block);
      Byte value = blocks.get(block);
      if (value != null) {
        Arrays.fill(to, offset, offset + PAGE, value);
      }
      return value != null;
    }

    @Override
    public void fill(long block, long gpa, byte[] from, int offset) {
      heard.add("fill " + block + " with " + from[offset]);
    }

    @Override
    public void take(long block, long gpa, byte[] to, int offset) {
      heard.add("take " + block);
      Arrays.fill(to, offset, offset + PAGE, (byte) 33);
    }

    @Override
    public void forget(long block, long count) {
      heard.add("forget " + block + " x " + count);
    }

    @Override
    public void partial() {
      heard.add("partial");
    }

    @Override
    public boolean checks() {
      return checks;
    }

    @Override
    public void compared(long block, boolean same) {
      heard.add("compared " + block + " " + same);
    }
  }

  private static Buffer header(int type, long sector) {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    return Buffer.out(bytes.putInt(type).putInt(0).putLong(sector).array());
  }

  private void read(long sector, int bytes) {
    driver.send(0, header(0, sector), Buffer.in(bytes), Buffer.in(1));
  }

  private void write(long sector, byte[] bytes) {
    driver.send(0, header(1, sector), Buffer.out(bytes), Buffer.in(1));
  }

  @Test
  void tellsOfWholeAlignedPagesOfWhateverOneRequestReads() {
    driver.start(0);
    known.blocks.put(2L, (byte) 5);
    Arrays.fill(disk.bytes, PAGE, 2 * PAGE, (byte) 4);
    read(8, 3 * PAGE);
    timeline.pass(LATENCY + DISK);
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(known.heard)
        .containsExactly(
            "find 1", "fill 1 with 4", "find 2", "fill 2 with 5", "find 3", "fill 3 with 0");
    assertThat(block.pagesRead()).isEqualTo(2);
  }

  @Test
  void otherTransfersArePartial() {
    driver.start(0);
    read(9, PAGE); // a page that holds parts of two blocks
    read(16, 512);
    write(16, new byte[512]);
    timeline.pass(10 * (LATENCY + DISK));
    assertThat(driver.collect(0)).hasSize(3);
    assertThat(known.heard)
        .containsExactly("partial", "partial", "partial", "partial", "forget 2 x 1");
  }

  @Test
  void writesTheBytesThatAreTaken() {
    driver.start(0);
    write(0, new byte[2 * PAGE]);
    timeline.pass(LATENCY + DISK);
    assertThat(known.heard).containsExactly("take 0", "take 1");
    assertThat(Arrays.copyOf(disk.bytes, 2 * PAGE)).containsOnly(33);
    assertThat(block.pagesWritten()).isEqualTo(2);
  }

  @Test
  void comparesWhatOthersKnow() {
    driver.start(0);
    known.checks = true;
    known.blocks.put(0L, (byte) 0);
    known.blocks.put(1L, (byte) 1);
    read(0, 2 * PAGE);
    timeline.pass(LATENCY);
    assertThat(known.heard)
        .containsExactly(
            "find 0",
            "compared 0 true",
            "fill 0 with 0",
            "find 1",
            "compared 1 false",
            "fill 1 with 1");
    assertThat(block.pagesRead()).isZero();
  }

  @Test
  void requestsThatNeedTheDiskWaitForItOneAfterTheOther() {
    driver.start(TestDriver.ALL);
    known.blocks.put(7L, (byte) 1);
    read(7 * 8, PAGE);
    timeline.pass(LATENCY);
    assertThat(driver.collect(0)).as("known").hasSize(1);
    read(0, PAGE);
    read(8, PAGE);
    read(7 * 8, PAGE);
    timeline.pass(LATENCY + DISK - 1);
    assertThat(driver.collect(0)).isEmpty();
    timeline.pass(1);
    assertThat(driver.collect(0)).as("the first").hasSize(1);
    timeline.pass(DISK - 1);
    assertThat(driver.collect(0)).isEmpty();
    timeline.pass(1);
    assertThat(driver.collect(0)).as("the second, and what is known behind it").hasSize(2);
    assertThat(timeline.pending()).isZero();
  }

  @Test
  void whatIsAnnouncedMeanwhileWaitsToo() {
    driver.start(0);
    read(0, PAGE);
    timeline.pass(LATENCY + DISK / 2);
    known.blocks.put(7L, (byte) 1);
    read(7 * 8, PAGE);
    timeline.pass(LATENCY);
    assertThat(driver.collect(0)).isEmpty();
    timeline.pass(DISK / 2 - LATENCY);
    assertThat(driver.collect(0)).hasSize(2);
  }

  @Test
  void writesThatStayInMemoryDoNotWait() {
    driver.start(0);
    known.absorbs = true;
    write(0, new byte[PAGE]);
    timeline.pass(LATENCY);
    assertThat(driver.collect(0)).hasSize(1);
  }

  @Test
  void aResetEndsWaiting() {
    driver.start(0);
    read(0, PAGE);
    timeline.pass(LATENCY + 10);
    driver.start(0);
    known.blocks.put(1L, (byte) 1);
    read(8, PAGE);
    timeline.pass(LATENCY);
    assertThat(driver.collect(0)).hasSize(1);
    timeline.pass(DISK);
    assertThat(driver.collect(0)).isEmpty();
    assertThat(known.heard).doesNotContain("find 0");
  }

  @Test
  void whatWaitsWhenItIsSavedIsDoneWhenItWouldHave() {
    driver.start(0);
    read(0, PAGE);
    timeline.pass(LATENCY + 10);
    byte[] state = States.save(timeline.now(), driver.device::save);
    ManualTimeline after = new ManualTimeline();
    driver.goOn(new VirtioBlock(disk, "", after, TIMES, known), state, 0);
    after.pass(DISK - 11);
    assertThat(driver.collect(0)).isEmpty();
    after.pass(1);
    assertThat(driver.collect(0)).hasSize(1);
    assertThat(after.pending()).isZero();
  }
}
