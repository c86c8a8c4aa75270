package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;

/** A file in which parts of memory stand one after the other, as {@link Stretch}es. */
final class StretchFile implements MemoryFile {
  private final String name;
  private final FileChannel channel;

  /** By address; they do not overlap. */
  private final List<Stretch> stretches;

  private final String note;

  StretchFile(String name, FileChannel channel, List<Stretch> stretches, String note) {
    this.name = name;
    this.channel = channel;
    this.stretches = List.copyOf(stretches);
    this.note = note;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String note() {
    return note;
  }

  @Override
  public long bytes() {
    return stretches.stream().mapToLong(Stretch::length).sum();
  }

  @Override
  public long nextBlock(long from) {
    int index = firstBehind(from * PageHasher.BLOCK);
    return index == stretches.size()
        ? -1
        : Math.max(from, stretches.get(index).address() / PageHasher.BLOCK);
  }

  @Override
  public int read(long address, MemorySegment buffer, boolean[] present) {
    long end = address + buffer.byteSize();
    Arrays.fill(present, false);
    int index = firstBehind(address);
    if (index == stretches.size() || !covers(stretches.get(index), address, end)) {
      buffer.fill((byte) 0);
    }
    int bytes = 0;
    for (; index < stretches.size() && stretches.get(index).address() < end; index++) {
      Stretch stretch = stretches.get(index);
      long from = Math.max(address, stretch.address());
      long to = Math.min(end, stretch.end());
      MemorySegment part = buffer.asSlice(from - address, to - from);
      readFully(part.asByteBuffer(), stretch.offset() + from - stretch.address());
      int lastPage = (int) ((to - 1 - address) / PageHasher.PAGE);
      Arrays.fill(present, (int) ((from - address) / PageHasher.PAGE), lastPage + 1, true);
      bytes += (int) (to - from);
    }
    return bytes;
  }

  private static boolean covers(Stretch stretch, long from, long to) {
    return stretch.address() <= from && to <= stretch.end();
  }

  /** The first stretch that ends behind {@code address}. */
  private int firstBehind(long address) {
    int low = 0;
    int high = stretches.size();
    while (low < high) {
      int middle = (low + high) / 2;
      if (stretches.get(middle).end() > address) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private void readFully(ByteBuffer bytes, long offset) {
    try {
      for (long at = offset; bytes.hasRemaining(); ) {
        int count = channel.read(bytes, at);
        if (count < 0) {
          throw UserError.of("%s became shorter while it was read.", name);
        }
        at += count;
      }
    } catch (IOException e) {
      throw MemoryFile.unreadable(name, e);
    }
  }

  @Override
  public void close() {
    MemoryFile.close(channel);
  }
}
