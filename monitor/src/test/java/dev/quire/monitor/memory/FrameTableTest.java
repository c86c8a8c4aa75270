package dev.quire.monitor.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameTableTest {
  private static final long BASE = 0x8000_3000L;
  private static final long FIRST = BASE >>> 12;

  private final PhysicalMemory memory = new PhysicalMemory(BASE, 16 << 12);
  private final FrameTable frames = new FrameTable(memory);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void givesTheLowestFrameFirst() {
    assertThat(frames.allocate(Use.GUEST, 1)).isEqualTo(FIRST);
    assertThat(frames.allocate(Use.TABLE, 2)).isEqualTo(FIRST + 1);
    frames.release(FIRST);
    assertThat(frames.allocate(Use.GUEST, 3)).isEqualTo(FIRST);
    assertThat(frames.owner(FIRST)).isEqualTo(3);
    assertThat(frames.use(FIRST + 1)).isEqualTo(Use.TABLE);
    assertThat(frames.count(Use.FREE)).isEqualTo(14);
  }

  @Test
  void blocksAreAlignedByAddressNotByIndex() {
    assertThat(frames.allocateBlock(4, Use.TABLE, 1)).isEqualTo(FIRST + 1).isEqualTo(0x80004);
    assertThat(frames.allocateBlock(4, Use.TABLE, 1)).isEqualTo(0x80008);
    assertThat(frames.allocateBlock(8, Use.TABLE, 1)).isEqualTo(-1);
    assertThat(frames.allocate(Use.GUEST, 1)).isEqualTo(FIRST);
    assertThat(frames.allocateBlock(4, Use.TABLE, 1)).isEqualTo(0x8000c);
  }

  @Test
  void framesChangeHandsZeroed() {
    long hfn = frames.allocate(Use.GUEST, 1);
    memory.writeLong(hfn << 12, -1);
    frames.release(hfn);
    assertThat(frames.allocate(Use.GUEST, 2)).isEqualTo(hfn);
    assertThat(memory.readLong(hfn << 12)).isZero();
  }

  @Test
  void aFrameIsFreeAfterItsLastReference() {
    long hfn = frames.allocate(Use.GUEST, 1);
    assertThat(frames.retainShared(hfn, 1)).isFalse();
    frames.share(hfn, 1);
    assertThat(frames.retainShared(hfn, 1)).isTrue();
    assertThat(frames.release(hfn)).isFalse();
    assertThat(frames.references(hfn)).isEqualTo(1);
    assertThat(frames.use(hfn)).isEqualTo(Use.SHARED);
    assertThat(frames.release(hfn)).isTrue();
    assertThat(frames.use(hfn)).isEqualTo(Use.FREE);
    assertThatThrownBy(() -> frames.release(hfn)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSharedFrameBelongsToItsGroupUntilOneVmHasItAlone() {
    long hfn = frames.allocate(Use.GUEST, 3);
    frames.stands(hfn, 77);
    frames.share(hfn, 32_766);
    assertThat(frames.owner(hfn)).isEqualTo(FrameTable.NOBODY);
    assertThat(frames.group(hfn)).isEqualTo(32_766);
    assertThat(frames.gfnOf(hfn, 3)).isEqualTo(FrameTable.NO_GFN);
    assertThat(frames.retainShared(hfn, 3)).isFalse();
    for (int i = 0; i < 70_000; i++) {
      assertThat(frames.retainShared(hfn, 32_766)).isTrue();
    }
    assertThat(frames.references(hfn)).isEqualTo(70_001);
    assertThat(frames.counts().guest()).isEqualTo(1);
    assertThat(frames.counts().shared()).isEqualTo(1);
    assertThat(frames.takeOver(hfn, 4)).isFalse();
    for (int i = 0; i < 70_000; i++) {
      frames.release(hfn);
    }
    assertThat(frames.takeOver(hfn, 4)).isTrue();
    assertThat(frames.owner(hfn)).isEqualTo(4);
    assertThat(frames.counts().shared()).isZero();
  }

  @Test
  void runsOutInOneSentence() {
    for (int i = 0; i < frames.total(); i++) {
      frames.allocate(Use.GUEST, 1);
    }
    assertThatThrownBy(() -> frames.allocate(Use.GUEST, 1))
        .isInstanceOf(OutOfFrames.class)
        .hasMessageContaining("16 in all");
  }
}
