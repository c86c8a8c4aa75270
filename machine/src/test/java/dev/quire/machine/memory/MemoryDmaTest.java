package dev.quire.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MemoryDmaTest {
  private static final long BASE = 0x8000_0000L;
  private static final int SIZE = 8192;

  @Test
  void readsAndWritesMemory() throws DmaFault {
    try (var memory = new PhysicalMemory(BASE, SIZE)) {
      Dma dma = new MemoryDma(memory);
      dma.write(BASE + 1, new byte[] {9, 1, 2, 3, 4, 9}, 1, 4);
      byte[] back = new byte[6];
      dma.read(BASE, back, 0, 6);
      assertThat(back).containsExactly(0, 1, 2, 3, 4, 0);
      dma.writeInt(BASE + 8, 0x89abcdef);
      dma.writeShort(BASE + 12, 0xfedc);
      assertThat(dma.readInt(BASE + 8)).isEqualTo(0x89abcdef);
      assertThat(dma.readShort(BASE + 12)).isEqualTo(0xfedc);
      assertThat(dma.readLong(BASE + 8)).isEqualTo(0xfedc89abcdefL);
    }
  }

  @Test
  void reachesNothingElse() {
    try (var memory = new PhysicalMemory(BASE, SIZE)) {
      Dma dma = new MemoryDma(memory);
      byte[] bytes = new byte[SIZE + 1];
      for (long hpa : new long[] {0, BASE - 1, BASE + SIZE, BASE + SIZE - 1, -1, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> dma.readShort(hpa)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.readInt(hpa)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.readLong(hpa)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.writeShort(hpa, 1)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.writeInt(hpa, 1)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.read(hpa, bytes, 0, 2)).isInstanceOf(DmaFault.class);
        assertThatThrownBy(() -> dma.write(hpa, bytes, 0, 2)).isInstanceOf(DmaFault.class);
      }
      assertThatThrownBy(() -> dma.write(BASE, bytes, 0, bytes.length))
          .isInstanceOf(DmaFault.class);
      assertThat(memory.readByte(BASE)).isZero();
    }
  }
}
