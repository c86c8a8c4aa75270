package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/** Reads a file's memory once and hashes it, block by block, on a few threads. */
final class FileReading {
  /** One reads while the other hashes; more than the disk can feed are of no use. */
  private static final int THREADS = 2;

  private final MemoryFile file;
  private final PageHasher hasher;
  private final Tally tally;
  private final LongConsumer progress;
  private long nextBlock;

  private FileReading(MemoryFile file, PageHasher hasher, Tally tally, LongConsumer progress) {
    this.file = file;
    this.hasher = hasher;
    this.tally = tally;
    this.progress = progress;
  }

  /**
   * Adds the whole file to {@code tally}.
   *
   * @param progress told how many bytes were read, again and again; by one thread at a time
   */
  static void count(MemoryFile file, PageHasher hasher, Tally tally, LongConsumer progress)
      throws InterruptedException {
    FileReading reading = new FileReading(file, hasher, tally, progress);
    Callable<Void> work = reading::read;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(THREADS, Thread.ofPlatform().daemon().factory())) {
      for (Future<?> part : threads.invokeAll(Collections.nCopies(THREADS, work))) {
        part.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UserError error ? error : new IllegalStateException(e);
    }
  }

  /** The next block that nobody has read; -1 if there are no more. */
  private synchronized long take() {
    long number = file.nextBlock(nextBlock);
    nextBlock = number < 0 ? nextBlock : number + 1;
    return number;
  }

  private Void read() {
    boolean[] present = new boolean[PageHasher.BLOCK_PAGES];
    long[] block = new long[PageHasher.BLOCK_PAGES];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(PageHasher.BLOCK, PageHasher.PAGE);
      for (long number = take(); number >= 0; number = take()) {
        int bytes = file.read(number * PageHasher.BLOCK, memory, present);
        hash(hasher, memory, present, block);
        tally.add(number, block);
        synchronized (this) {
          progress.accept(bytes);
        }
      }
    }
    return null;
  }

  /** The hashes of a block's pages. */
  static void hash(PageHasher hasher, MemorySegment memory, boolean[] present, long[] block) {
    for (int i = 0; i < block.length; i++) {
      block[i] = present[i] ? hasher.hash(memory, (long) i * PageHasher.PAGE) : PageHasher.ABSENT;
    }
  }
}
