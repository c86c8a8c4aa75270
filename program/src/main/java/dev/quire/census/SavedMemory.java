package dev.quire.census;

import dev.quire.save.SaveFile;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The memory of a saved guest: what is not in the file is zero. Takes 4 bytes for each page. */
final class SavedMemory implements MemoryFile {
  private static final int PAGE = PageHasher.PAGE;

  private final SaveFile file;

  /** Of the pages in the file, ascending. */
  private final int[] numbers;

  SavedMemory(SaveFile file) {
    this.file = file;
    this.numbers = file.pageNumbers();
  }

  @Override
  public String name() {
    return file.path().toString();
  }

  @Override
  public String note() {
    return "";
  }

  @Override
  public long bytes() {
    return file.memory();
  }

  @Override
  public long nextBlock(long from) {
    return from * PageHasher.BLOCK < file.memory() ? from : -1;
  }

  @Override
  public int read(long address, MemorySegment buffer, boolean[] present) {
    int bytes = (int) Math.min(buffer.byteSize(), file.memory() - address);
    Arrays.fill(present, false);
    Arrays.fill(present, 0, bytes / PAGE, true);
    buffer.fill((byte) 0);
    byte[] page = new byte[PAGE];
    int first = (int) (address / PAGE);
    for (int i = positionOf(first); i < numbers.length && numbers[i] < first + bytes / PAGE; i++) {
      file.read(i, page);
      long offset = (long) (numbers[i] - first) * PAGE;
      MemorySegment.copy(MemorySegment.ofArray(page), 0, buffer, offset, PAGE);
    }
    return bytes;
  }

  /** The first page in the file whose number is {@code number} or more. */
  private int positionOf(int number) {
    int found = Arrays.binarySearch(numbers, number);
    return found >= 0 ? found : -found - 1;
  }

  @Override
  public void close() {
    file.close();
  }
}
