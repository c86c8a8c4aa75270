package dev.quire.monitor.trace;

import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads the file of {@link TraceWriter}, once, block by block. Nothing in it is given out before
 * its checksum was seen to be right, and no number in it is trusted: what it gives is always
 * something that an LRU filter of the header's size can leave. Every mistake is a {@link
 * UserError}. One thread.
 */
public final class TraceReader implements AutoCloseable {
  private static final int MOST_HEADER = 4096;

  private final Path file;
  private final InputStream in;
  private final TraceHeader header;
  private final Inflater inflater = new Inflater(true);
  private final byte[] deflated = new byte[Block.MOST_DEFLATED];
  private final Varints block = new Varints(Block.MOST);

  /** Which frames the filter holds, and how many. */
  private final boolean[] held;

  private int holds;
  private long misses;
  private long time;
  private int frame;
  private int evicted;
  private long offset;

  /** Opens a trace and reads its header. */
  public TraceReader(Path file) {
    this.file = file;
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw UserError.of("There is no file %s that can be read.", file);
    }
    try {
      in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    } catch (IOException e) {
      throw unreadable(e);
    }
    try {
      header = readHeader();
    } catch (UserError e) {
      close();
      throw e;
    } catch (IOException e) {
      close();
      throw unreadable(e);
    }
    held = new boolean[header.frames()];
  }

  private TraceHeader readHeader() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    String line = readLine();
    if (!TraceHeader.isFirst(line)) {
      throw UserError.of(
          "%s is no trace of a guest's memory: 'quire run --trace-memory FILE' writes such files.",
          file);
    }
    text.writeBytes(line.getBytes(StandardCharsets.UTF_8));
    while (!TraceHeader.isLast(line)) {
      line = readLine();
      if (!line.endsWith("\n") || text.size() > MOST_HEADER) {
        throw TraceHeader.damaged(file, "its header has no end");
      }
      text.writeBytes(line.getBytes(StandardCharsets.UTF_8));
    }
    offset = text.size();
    return TraceHeader.of(file, text.toString(StandardCharsets.UTF_8));
  }

  /** With what ends it; at most as much as a header may have. */
  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    while (next >= 0 && line.size() < MOST_HEADER) {
      line.write(next);
      if (next == '\n') {
        break;
      }
      next = in.read();
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  public TraceHeader header() {
    return header;
  }

  /** Gives all events to {@code stream}; once. */
  public TraceEnd read(FrameStream stream) {
    try {
      byte[] head = new byte[Block.HEAD];
      while (in.readNBytes(head, 0, Block.HEAD) == Block.HEAD) {
        Block next = Block.of(head);
        if (in.readNBytes(deflated, 0, next.length()) < next.length()) {
          break;
        }
        if (next.sum() != Block.sum(deflated, next.length())) {
          throw new DataFormatException("the checksum is wrong");
        }
        if (next.events() == 0) {
          return end(next.length());
        }
        inflate(next.length());
        readEvents(next.events(), stream);
        offset += Block.HEAD + next.length();
      }
      return new TraceEnd(false, misses, time, OptionalLong.empty());
    } catch (DataFormatException e) {
      throw TraceHeader.damaged(
          file, "the block at byte %,d is not as it was written".formatted(offset));
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private void inflate(int length) throws DataFormatException {
    inflater.reset();
    inflater.setInput(deflated, 0, length);
    block.clear(inflater.inflate(block.bytes()));
    require(inflater.finished() && inflater.getRemaining() == 0);
  }

  private void readEvents(int count, FrameStream stream) throws DataFormatException {
    for (int i = 0; i < count; i++) {
      long later = time + block.get();
      long nextFrame = frame + block.getSigned();
      long nextEvicted = evicted + block.getSigned();
      require(later >= time);
      time = later;
      frame = index(nextFrame);
      evicted = nextEvicted == -1 ? -1 : index(nextEvicted);
      turnOver();
      misses++;
      stream.miss(time, frame, evicted);
    }
    require(!block.hasMore());
  }

  private int index(long number) throws DataFormatException {
    require(number >= 0 && number < header.frames());
    return (int) number;
  }

  /** Follows what the filter holds. */
  private void turnOver() throws DataFormatException {
    require(!held[frame]);
    if (evicted < 0) {
      require(holds < header.filter());
      holds++;
    } else {
      require(holds == header.filter() && held[evicted]);
      held[evicted] = false;
    }
    held[frame] = true;
  }

  private TraceEnd end(int length) throws IOException, DataFormatException {
    System.arraycopy(deflated, 0, block.bytes(), 0, Math.min(length, Block.MOST));
    block.clear(length);
    long references = block.get();
    require(block.get() == misses && references >= misses);
    long ends = block.get();
    require(ends >= time && !block.hasMore() && in.read() < 0);
    return new TraceEnd(true, misses, ends, OptionalLong.of(references));
  }

  private static void require(boolean holds) throws DataFormatException {
    if (!holds) {
      throw new DataFormatException("no filter leaves such events");
    }
  }

  private UserError unreadable(IOException e) {
    return new UserError("%s cannot be read: %s.".formatted(file, FileTrouble.of(e)), e);
  }

  @Override
  public void close() {
    inflater.end();
    try {
      in.close();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }
}
