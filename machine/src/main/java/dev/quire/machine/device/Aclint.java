package dev.quire.machine.device;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.time.Timeline;
import java.util.Arrays;
import java.util.List;

/**
 * Timer and software interrupts of M-mode, in the layout of SiFive's CLINT (the ACLINT
 * specification's MSWI and MTIMER devices side by side):
 *
 * <pre>
 *   0x0000 + 4 * hart   msip      bit 0 is the hart's MSIP wire
 *   0x4000 + 8 * hart   mtimecmp  MTIP is up while mtime >= mtimecmp (unsigned)
 *   0xbff8              mtime     10 MHz
 * </pre>
 *
 * Registers are accessed by 4 bytes, the 64-bit ones also by 8.
 */
public final class Aclint implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x10000;

  private static final int NANOS_PER_TICK = 100;
  private static final int MTIMECMP = 0x4000;
  private static final int MTIME = 0xbff8;
  private static final long NEVER = Long.MAX_VALUE / NANOS_PER_TICK / 2;

  private final Timeline timeline;
  private final List<InterruptLine> msip;
  private final List<InterruptLine> mtip;
  private final boolean[] msipLevel;
  private final long[] mtimecmp;
  private final Alarm alarm;
  private long mtimeOffset;

  /** One wire of each kind for every hart, in the order of hart ids. */
  public Aclint(Timeline timeline, List<InterruptLine> msip, List<InterruptLine> mtip) {
    if (msip.size() != mtip.size() || msip.size() > (MTIME - MTIMECMP) / 8) {
      throw new IllegalArgumentException(msip.size() + " msip and " + mtip.size() + " mtip wires");
    }
    this.timeline = timeline;
    this.msip = List.copyOf(msip);
    this.mtip = List.copyOf(mtip);
    this.msipLevel = new boolean[msip.size()];
    this.mtimecmp = new long[msip.size()];
    this.alarm = new Alarm(timeline, this::wake);
    Arrays.fill(mtimecmp, -1L);
  }

  /** The value of mtime, in ticks of 100 ns. */
  public synchronized long mtime() {
    return timeline.now() / NANOS_PER_TICK + mtimeOffset;
  }

  /** Back to the state after power-on; guest time goes on. */
  public synchronized void reset() {
    mtimeOffset = 0;
    Arrays.fill(mtimecmp, -1L);
    for (int hart = 0; hart < mtimecmp.length; hart++) {
      setMsip(hart, false);
    }
    updateTimers();
  }

  @Override
  public synchronized long read(long offset, int size) {
    checkSize(offset, size);
    if (offset < MTIMECMP) {
      int hart = (int) offset >>> 2;
      return hart < msipLevel.length && msipLevel[hart] ? 1 : 0;
    }
    int shift = (int) (offset & 4) * 8;
    if (isMtime(offset)) {
      return mtime() >>> shift;
    }
    int hart = (int) (offset - MTIMECMP) >>> 3;
    return hart < mtimecmp.length ? mtimecmp[hart] >>> shift : 0;
  }

  @Override
  public synchronized void write(long offset, int size, long value) {
    checkSize(offset, size);
    if (offset < MTIMECMP) {
      int hart = (int) offset >>> 2;
      if (hart < msipLevel.length) {
        setMsip(hart, (value & 1) != 0);
      }
      return;
    }
    if (isMtime(offset)) {
      mtimeOffset += merge(mtime(), offset, size, value) - mtime();
      updateTimers();
      return;
    }
    int hart = (int) (offset - MTIMECMP) >>> 3;
    if (hart < mtimecmp.length) {
      mtimecmp[hart] = merge(mtimecmp[hart], offset, size, value);
      updateTimer(hart);
    }
  }

  private void setMsip(int hart, boolean level) {
    msipLevel[hart] = level;
    msip.get(hart).set(level);
  }

  private synchronized void wake() {
    alarm.woken();
    updateTimers();
  }

  private void updateTimers() {
    for (int hart = 0; hart < mtimecmp.length; hart++) {
      updateTimer(hart);
    }
  }

  private void updateTimer(int hart) {
    long now = timeline.now();
    long ticks = now / NANOS_PER_TICK;
    long mtime = ticks + mtimeOffset;
    long remaining = mtimecmp[hart] - mtime;
    boolean due = Long.compareUnsigned(mtime, mtimecmp[hart]) >= 0;
    mtip.get(hart).set(due);
    if (!due && remaining > 0 && remaining < NEVER - ticks) {
      alarm.wakeBy((ticks + remaining) * NANOS_PER_TICK);
    }
  }

  private static boolean isMtime(long offset) {
    return offset >= MTIME;
  }

  private static long merge(long old, long offset, int size, long value) {
    if (size == 8) {
      return value;
    }
    int shift = (int) (offset & 4) * 8;
    return old & ~(0xffff_ffffL << shift) | (value & 0xffff_ffffL) << shift;
  }

  private static void checkSize(long offset, int size) {
    if (size != 4 && (size != 8 || offset < MTIMECMP)) {
      throw BusFault.INSTANCE;
    }
  }
}
