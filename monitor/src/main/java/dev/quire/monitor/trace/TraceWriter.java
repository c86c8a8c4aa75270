package dev.quire.monitor.trace;

import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;

/**
 * Writes what an LRU filter leaves to a file (docs/traceformat.md). Whole blocks go out, the last
 * one at most 100 ms of the VM's time after its first event's, so that whatever ends the process
 * leaves a trace that can be read up to there.
 *
 * <p>Trouble with the file ends only the trace: the first {@link IOException} is told once, and
 * what comes later is dropped. One thread.
 */
public final class TraceWriter implements FrameStream, AutoCloseable {
  private static final long BLOCK_NANOS = 100_000_000;

  /** Who hears of trouble. */
  @FunctionalInterface
  public interface Trouble {
    /** In the middle of a reference: nothing that has to wait for the VM. */
    void failed(UserError sentence);
  }

  private final Path file;
  private final OutputStream out;
  private final Trouble trouble;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
  private final Varints block = new Varints(Block.MOST);
  private final byte[] deflated = new byte[Block.MOST_DEFLATED];
  private final Varints closing = new Varints(3 * Varints.MOST);

  private int events;
  private long begins;
  private long lastTime;
  private int lastFrame;
  private int lastEvicted;
  private long misses;
  private boolean failed;
  private boolean closed;

  /** Replaces {@code file} by a trace with this header; a {@link UserError} if that fails. */
  public TraceWriter(Path file, TraceHeader header, Trouble trouble) {
    this(file, open(file), header, trouble);
  }

  TraceWriter(Path file, OutputStream out, TraceHeader header, Trouble trouble) {
    this.file = file;
    this.out = out;
    this.trouble = trouble;
    try {
      out.write(header.bytes());
    } catch (IOException e) {
      failed = true;
      close();
      throw unwritable(file, e);
    }
  }

  private static OutputStream open(Path file) {
    try {
      return Files.newOutputStream(file);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static UserError unwritable(Path file, IOException e) {
    return new UserError(
        "The trace %s cannot be written: %s.".formatted(file, FileTrouble.of(e)), e);
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    if (failed) {
      return;
    }
    if (events > 0 && (block.room() < 3 * Varints.MOST || time - begins >= BLOCK_NANOS)) {
      writeEvents();
    }
    if (events == 0) {
      begins = time;
    }
    block.put(time - lastTime);
    block.putSigned(frame - lastFrame);
    block.putSigned(evicted - lastEvicted);
    lastTime = time;
    lastFrame = frame;
    lastEvicted = evicted;
    events++;
  }

  private void writeEvents() {
    deflater.setInput(block.bytes(), 0, block.position());
    deflater.finish();
    int length = deflater.deflate(deflated);
    deflater.reset();
    write(events, deflated, length);
    misses += events;
    events = 0;
    block.clear(0);
  }

  private void write(int count, byte[] bytes, int length) {
    try {
      out.write(new Block(count, length, Block.sum(bytes, length)).bytes());
      out.write(bytes, 0, length);
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(IOException e) {
    if (!failed) {
      failed = true;
      trouble.failed(
          new UserError(
              "The trace %s ends here, for it cannot be written: %s."
                  .formatted(file, FileTrouble.of(e)),
              e));
    }
  }

  /** Events so far. */
  public long misses() {
    return misses + events;
  }

  /**
   * Writes the rest, and that this is all.
   *
   * @param references that there were, consecutive repeats too
   * @param time nanoseconds of the VM's time now
   */
  public void end(long references, long time) {
    if (failed || closed) {
      return;
    }
    if (events > 0) {
      writeEvents();
    }
    closing.put(references);
    closing.put(misses());
    closing.put(Math.max(time, lastTime));
    write(0, closing.bytes(), closing.position());
    close();
  }

  /**
   * Writes the rest and closes the file; without {@link #end} before, the trace reads as one that
   * was cut off.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (events > 0 && !failed) {
      writeEvents();
    }
    deflater.end();
    try {
      out.close();
    } catch (IOException e) {
      fail(e);
    }
  }
}
