package dev.quire.machine.device.virtio;

import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.Closeable;
import java.io.IOException;

/** A disk's contents, in sectors of 512 bytes. Not thread-safe: its device is its one user. */
public interface BlockStore extends Closeable {
  /** Bytes in a sector. */
  int SECTOR = 512;

  long sectors();

  boolean readOnly();

  /** Reads whole sectors; the range is inside the disk. */
  void read(long sector, byte[] to, int offset, int length) throws IOException;

  /** Writes whole sectors; the range is inside the disk, which is not read-only. */
  void write(long sector, byte[] from, int offset, int length) throws IOException;

  /** Whether {@link #discard} does anything. */
  default boolean discards() {
    return false;
  }

  /**
   * The guest needs the content of these sectors no more; the range is inside the disk. Whole
   * blocks of 4 KiB may read as zeros from now on, everything else stays as it is.
   */
  default void discard(long sector, long count) throws IOException {}

  /** Returns when all that was written will survive a crash of the host. */
  void flush() throws IOException;

  /**
   * Writes what is on the disk beyond the image that it was opened with, as sections: nothing for a
   * disk that is only read. A {@link dev.quire.machine.board.UserError} if the image itself has
   * changed, as no other machine could go on with it.
   */
  void save(StateWriter out);

  /** Takes it over; the disk is of the same size, and as it was opened. */
  void load(StateReader in);
}
