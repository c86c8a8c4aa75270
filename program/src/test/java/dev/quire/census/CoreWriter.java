package dev.quire.census;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small ELF cores, right or wrong. */
final class CoreWriter {
  private static final int HEADER = 64;
  private static final int SEGMENT = 56;
  private static final int SECTION = 64;
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;

  /** A program header. */
  record Segment(int type, long offset, long address, long fileSize, long memorySize) {}

  private final List<Segment> segments = new ArrayList<>();
  private final ByteArrayOutputStream memory = new ByteArrayOutputStream();

  /** Whether segments are counted in the first section header, as if they were too many. */
  private final boolean extended;

  private final int most;

  /**
   * @param most segments that there will be
   */
  CoreWriter(int most, boolean extended) {
    this.most = most;
    this.extended = extended;
  }

  private long dataAt() {
    return HEADER + SECTION + (long) most * SEGMENT;
  }

  /** Memory at a physical address. */
  CoreWriter memory(long address, byte[] bytes) {
    segment(new Segment(PT_LOAD, dataAt() + memory.size(), address, bytes.length, bytes.length));
    memory.writeBytes(bytes);
    return this;
  }

  CoreWriter note() {
    return segment(new Segment(PT_NOTE, dataAt(), 0, 8, 8));
  }

  CoreWriter segment(Segment segment) {
    segments.add(segment);
    return this;
  }

  byte[] bytes() {
    ByteBuffer head = ByteBuffer.allocate((int) dataAt()).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
    head.putShort(16, (short) 4).putShort(18, (short) 243).putInt(20, 1);
    head.putLong(32, HEADER + SECTION).putLong(40, HEADER);
    head.putShort(54, (short) SEGMENT);
    head.putShort(56, (short) (extended ? 0xffff : segments.size()));
    head.putInt(HEADER + 44, segments.size());
    head.position(HEADER + SECTION);
    for (Segment segment : segments) {
      head.putInt(segment.type()).putInt(7).putLong(segment.offset()).putLong(0);
      head.putLong(segment.address()).putLong(segment.fileSize());
      head.putLong(segment.memorySize()).putLong(0);
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(head.array());
    whole.writeBytes(memory.toByteArray());
    return whole.toByteArray();
  }

  Path write(Path file) throws IOException {
    return Files.write(file, bytes());
  }
}
