package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageCounts;
import dev.quire.monitor.memory.PageState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BalloonedMemoryTest {
  private static final long BASE = 0x8000_0000L;
  private static final int PAGES = 1024;
  private static final long SIZE = (long) PAGES << 12;
  private static final long FIRST = BASE >>> 12;

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 8 << 20);
  private final FrameTable frames = new FrameTable(machine);
  private final GuestMemory memory = new GuestMemory(machine, frames, null, 1, BASE, SIZE, false);
  private final BalloonedMemory balloon = new BalloonedMemory(memory);

  @BeforeEach
  void populate() {
    memory.populateAll();
  }

  @AfterEach
  void close() {
    machine.close();
  }

  @Test
  void pagesGoAndComeBack() {
    balloon.inflated(FIRST + 3);
    assertThat(memory.state(FIRST + 3)).isEqualTo(PageState.BALLOONED);
    balloon.deflated(FIRST + 3);
    balloon.deflated(FIRST + 4);
    assertThat(memory.state(FIRST + 3)).isEqualTo(PageState.UNPOPULATED);
    assertThat(memory.state(FIRST + 4)).isEqualTo(PageState.PRIVATE);
    balloon.reported(BASE + 0x5000, 0x2000);
    assertThat(memory.counts()).isEqualTo(new PageCounts(PAGES - 3, 0, 0, 0, 3, 0));
  }

  @Test
  void whatIsNotRamIsNoMatter() {
    for (long gfn : new long[] {0, FIRST - 1, FIRST + PAGES, 0xffff_ffffL}) {
      balloon.inflated(gfn);
      balloon.deflated(gfn);
    }
    balloon.reported(0, 128 << 20);
    balloon.reported(BASE + SIZE, 128 << 20);
    balloon.reported(-0x2000, 0x1000);
    balloon.reported(Long.MAX_VALUE - 0xfff, 128 << 20);
    assertThat(memory.resident()).isEqualTo(SIZE);
    balloon.reported(BASE - 0x1000, 0x2000);
    balloon.reported(BASE + SIZE - 0x1000, 128 << 20);
    assertThat(memory.resident()).isEqualTo(SIZE - 0x2000);
  }
}
