package dev.quire.monitor.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
  private static final long BASE = 0x8000_0000L;
  private static final long SIZE = 4 << 20;
  private static final long END = BASE + SIZE;

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 8 << 20);
  private final FrameTable frames = new FrameTable(machine);
  private final GuestMemory memory = new GuestMemory(machine, frames, null, 1, BASE, SIZE, false);

  @AfterEach
  void close() {
    machine.close();
  }

  @Test
  void readingPopulatesNothing() throws DmaFault {
    byte[] bytes = {1, 2, 3};
    memory.read(BASE + 4095, bytes, 0, 3);
    assertThat(bytes).containsOnly(0);
    assertThat(memory.readLong(END - 8)).isZero();
    assertThat(memory.resident()).isZero();
    assertThat(memory.state(BASE >>> 12)).isEqualTo(PageState.UNPOPULATED);
  }

  @Test
  void writesCrossFramesThatAreNotNeighbours() throws DmaFault {
    memory.frameFor((BASE >>> 12) + 1);
    frames.allocate(Use.TABLE, 1);
    byte[] bytes = new byte[10_000];
    new Random(1).nextBytes(bytes);
    memory.write(BASE + 100, bytes, 0, bytes.length);
    byte[] back = new byte[bytes.length];
    memory.read(BASE + 100, back, 0, back.length);
    assertThat(back).isEqualTo(bytes);
    assertThat(memory.resident()).isEqualTo(3 << 12);
    assertThat(memory.state(BASE >>> 12)).isEqualTo(PageState.PRIVATE);
  }

  @Test
  void numbersAreLittleEndianAndMayCross() throws DmaFault {
    memory.writeInt(BASE + 4094, 0x04030201);
    assertThat(memory.readInt(BASE + 4094)).isEqualTo(0x04030201);
    assertThat(memory.readShort(BASE + 4095)).isEqualTo(0x0302);
    memory.writeShort(BASE + 8191, 0xfffe);
    assertThat(memory.readShort(BASE + 8191)).isEqualTo(0xfffe);
    memory.writeInt(BASE + 16, -2);
    assertThat(memory.readLong(BASE + 16)).isEqualTo(0xffff_fffeL);
  }

  @Test
  void nothingOutsideIsReached() throws DmaFault {
    byte[] bytes = new byte[16];
    for (long gpa : new long[] {BASE - 1, END, END - 15, 0, -1, -16, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> memory.read(gpa, bytes, 0, 16)).isInstanceOf(DmaFault.class);
      assertThatThrownBy(() -> memory.write(gpa, bytes, 0, 16)).isInstanceOf(DmaFault.class);
    }
    assertThatThrownBy(() -> memory.readLong(END - 7)).isInstanceOf(DmaFault.class);
    assertThatThrownBy(() -> memory.writeInt(END - 3, 1)).isInstanceOf(DmaFault.class);
    assertThatThrownBy(() -> memory.writeShort(BASE - 2, 1)).isInstanceOf(DmaFault.class);
    assertThatThrownBy(() -> memory.frameFor(END >>> 12)).hasMessageContaining("not RAM");
    memory.read(END, bytes, 0, 0);
    assertThat(memory.resident()).isZero();
  }

  @Test
  void aReleasedFrameIsInvalidatedFirstAndReadsAsZero() throws DmaFault {
    List<Long> invalidated = new ArrayList<>();
    long gfn = BASE >>> 12;
    memory.writeInt(BASE, 5);
    memory.listen(
        lost -> {
          assertThat(frames.use(memory.frameFor(lost))).isEqualTo(Use.GUEST);
          invalidated.add(lost);
        });
    memory.release(gfn);
    memory.release(gfn + 1);
    assertThat(invalidated).containsExactly(gfn);
    assertThat(memory.readInt(BASE)).isZero();
    assertThat(memory.resident()).isZero();
    assertThat(frames.count(Use.GUEST)).isZero();
  }

  @Test
  void aMovedPageKeepsItsContentInAnotherFrame() throws DmaFault {
    List<Long> heard = new ArrayList<>();
    long gfn = BASE >>> 12;
    memory.writeInt(BASE + 8, 5);
    long from = memory.frameFor(gfn);
    memory.listen(
        new P2mListener() {
          @Override
          public void invalidate(long lost) {
            heard.add(lost);
          }

          @Override
          public void moved(long fromHfn, long toHfn) {
            heard.addAll(List.of(fromHfn, toHfn));
          }
        });
    memory.move(gfn);
    memory.move(gfn + 1);
    long to = memory.frameFor(gfn);
    assertThat(heard).containsExactly(gfn, from, to);
    assertThat(to).isNotEqualTo(from);
    assertThat(memory.readInt(BASE + 8)).isEqualTo(5);
    assertThat(memory.gfnOf(to)).isEqualTo(gfn);
    assertThat(memory.gfnOf(from)).isEqualTo(-1);
    assertThat(memory.resident()).isEqualTo(1 << 12);
    assertThat(frames.count(Use.GUEST)).isEqualTo(1);
    memory.revoke(gfn);
    assertThat(heard).hasSize(4).endsWith(gfn);
    assertThat(memory.frameFor(gfn)).isEqualTo(to);
  }

  @Test
  void zeroingGivesWholeFramesBack() throws DmaFault {
    byte[] ones = new byte[3 << 12];
    Arrays.fill(ones, (byte) 1);
    memory.write(BASE, ones, 0, ones.length);
    memory.zero(BASE + 4000, 5000);
    assertThat(memory.resident()).isEqualTo(2 << 12);
    assertThat(memory.readShort(BASE + 3999)).isEqualTo(1);
    assertThat(memory.readShort(BASE + 8999)).isEqualTo(0x100);
  }

  @Test
  void blocksArePopulatedWhole() throws DmaFault {
    GuestMemory large = new GuestMemory(machine, frames, null, 2, BASE, SIZE, true);
    large.writeInt(BASE + (2 << 20) + 12345, 1);
    assertThat(large.resident()).isEqualTo(2 << 20);
    long hfn = large.blockFor((BASE >>> 12) + 600);
    assertThat(hfn & 511).isZero();
    assertThat(large.frameFor((BASE >>> 12) + 600)).isEqualTo(hfn + 88);
    assertThat(large.blockFor(BASE >>> 12)).isEqualTo(-1);
  }

  @Test
  void withoutRoomForABlockSingleFramesServe() throws DmaFault {
    for (int i = 0; i < 4; i++) {
      frames.allocateBlock(512, Use.TABLE, 1);
      frames.release((0x4000_0000L >>> 12) + i * 512L);
    }
    GuestMemory large = new GuestMemory(machine, frames, null, 2, BASE, SIZE, true);
    large.writeInt(BASE, 1);
    assertThat(large.resident()).isEqualTo(4096);
    assertThat(large.blockFor(BASE >>> 12)).isEqualTo(-1);
  }

  /** Entries with all bits turned, so that memory itself never holds what is asked for. */
  private final class Turned implements TableKeeper {
    private long at(long gpa) {
      return (memory.frameFor(gpa >>> 12) << 12) + (gpa & 4095);
    }

    @Override
    public long readEntry(long gpa) {
      assertThat(gpa & 7).isZero();
      return ~machine.readLong(at(gpa));
    }

    @Override
    public void writeEntry(long gpa, long value) {
      assertThat(gpa & 7).isZero();
      machine.writeLong(at(gpa), ~value);
    }
  }

  @Test
  void keptFramesAreReadAndWrittenByEntries() throws DmaFault {
    memory.keep(new Turned());
    byte[] expected = new byte[3 * 4096];
    Random random = new Random(2);
    random.nextBytes(expected);
    memory.write(BASE, expected, 0, expected.length);
    byte[] turned = new byte[4096];
    for (int i = 0; i < 4096; i++) {
      turned[i] = (byte) ~expected[4096 + i];
    }
    memory.write(BASE + 4096, turned, 0, 4096);
    memory.setKept((BASE >>> 12) + 1, GuestMemory.OWN_READS | GuestMemory.OWN_WRITES);
    ByteBuffer model = ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 2000; i++) {
      int at = random.nextInt(3 * 4096 - 64);
      long value = random.nextLong();
      switch (random.nextInt(7)) {
        case 0 -> {
          memory.writeShort(BASE + at, (short) value);
          model.putShort(at, (short) value);
        }
        case 1 -> {
          memory.writeInt(BASE + at, (int) value);
          model.putInt(at, (int) value);
        }
        case 2 -> {
          memory.writeNumber(BASE + at, 8, value);
          model.putLong(at, value);
        }
        case 3 -> {
          memory.write(BASE + at, expected, 100, 50);
          System.arraycopy(expected.clone(), 100, expected, at, 50);
        }
        case 4 -> {
          memory.zero(BASE + at, 20);
          Arrays.fill(expected, at, at + 20, (byte) 0);
        }
        case 5 -> {
          int aligned = at & -4;
          long old = model.getInt(aligned);
          boolean same = random.nextBoolean();
          assertThat(memory.compareAndSet(BASE + aligned, 4, same ? old : ~old, value))
              .isEqualTo(same);
          model.putInt(aligned, same ? (int) value : (int) old);
        }
        default -> assertThat(memory.readLong(BASE + at)).isEqualTo(model.getLong(at));
      }
      assertThat((short) memory.readShort(BASE + at)).isEqualTo(model.getShort(at));
      assertThat(memory.readInt(BASE + at)).isEqualTo(model.getInt(at));
    }
    byte[] back = new byte[expected.length];
    memory.read(BASE, back, 0, back.length);
    assertThat(back).isEqualTo(expected);
    memory.zero(BASE, 3 * 4096);
    assertThat(memory.readLong(BASE + 4096)).isZero();
    assertThat(memory.resident()).as("a kept frame stays").isEqualTo(4096);
  }
}
