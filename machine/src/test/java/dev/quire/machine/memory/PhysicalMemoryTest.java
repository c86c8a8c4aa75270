package dev.quire.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PhysicalMemoryTest {
  private static final long BASE = 0x8000_0000L;
  private static final int FRAME = (int) PhysicalMemory.FRAME_SIZE;

  private final PhysicalMemory memory = new PhysicalMemory(BASE, 4 * FRAME);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void framesAreTheSameOnlyIfEachByteIs() {
    byte[] content = new byte[FRAME];
    new Random(1).nextBytes(content);
    memory.write(BASE, content, 0, FRAME);
    memory.write(BASE + 2 * FRAME, content, 0, FRAME);
    assertThat(memory.sameFrame(BASE, BASE + 2 * FRAME)).isTrue();
    assertThat(memory.sameFrame(BASE, BASE + FRAME)).isFalse();
    for (int at = 0; at < FRAME; at++) {
      memory.writeByte(BASE + at, (byte) (content[at] ^ 0x10));
      assertThat(memory.sameFrame(BASE, BASE + 2 * FRAME)).as("byte %d", at).isFalse();
      memory.writeByte(BASE + at, content[at]);
    }
  }

  @Test
  void aFrameIsZeroOnlyIfEachByteIs() {
    memory.writeByte(BASE + FRAME - 1, (byte) 1);
    memory.writeByte(BASE + 2 * FRAME, (byte) 1);
    assertThat(memory.isZeroFrame(BASE + FRAME)).as("its neighbours do not matter").isTrue();
    for (int at = 0; at < FRAME; at++) {
      memory.writeByte(BASE + FRAME + at, (byte) 0x80);
      assertThat(memory.isZeroFrame(BASE + FRAME)).as("byte %d", at).isFalse();
      memory.writeByte(BASE + FRAME + at, (byte) 0);
    }
  }

  @Test
  void framesOutsideAreRefused() {
    assertThatThrownBy(() -> memory.isZeroFrame(BASE + 4 * FRAME))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> memory.sameFrame(BASE, BASE - FRAME))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
