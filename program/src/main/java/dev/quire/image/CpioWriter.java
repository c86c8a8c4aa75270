package dev.quire.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes the cpio format "newc" that Linux unpacks into its first file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst). The same calls give the same bytes:
 * every owner is root, every time 0, inode numbers count from 1.
 *
 * <pre>
 * magic 070701 | 13 fields of 8 hex digits | name, 0, padding to 4 | content, padding to 4
 * </pre>
 */
final class CpioWriter implements AutoCloseable {
  private static final int DIRECTORY = 0040000;
  private static final int FILE = 0100000;
  private static final int SYMLINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int HEADER_SIZE = 110;

  private final OutputStream out;
  private int inode;

  CpioWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * A folder. Its parents must have been written before it, as for every entry.
   *
   * @param path relative to the root, such as {@code etc/profile}
   * @param mode the permission bits
   */
  void directory(String path, int mode) throws IOException {
    header(path, DIRECTORY | mode, 2, 0, 0);
  }

  void file(String path, int mode, byte[] content) throws IOException {
    OutputStream body = beginFile(path, mode, content.length);
    body.write(content);
    endFile(content.length);
  }

  /** Starts a file; the caller writes exactly {@code size} bytes, then calls {@link #endFile}. */
  OutputStream beginFile(String path, int mode, long size) throws IOException {
    header(path, FILE | mode, 1, size, 0);
    return out;
  }

  void endFile(long size) throws IOException {
    pad(size);
  }

  void symlink(String path, String target) throws IOException {
    byte[] content = target.getBytes(StandardCharsets.UTF_8);
    header(path, SYMLINK | 0777, 1, content.length, 0);
    out.write(content);
    pad(content.length);
  }

  void characterDevice(String path, int mode, int major, int minor) throws IOException {
    header(path, CHARACTER_DEVICE | mode, 1, 0, (long) major << 32 | minor);
  }

  /** Ends the archive; the stream stays open, since another archive may follow. */
  @Override
  public void close() throws IOException {
    inode = -1;
    header("TRAILER!!!", 0, 1, 0, 0);
  }

  private void header(String path, int mode, int links, long size, long device) throws IOException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    inode++;
    String fields =
        String.format(
            Locale.ROOT,
            "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
            inode,
            mode,
            0, // uid
            0, // gid
            links,
            0, // modification time
            size,
            0, // major and minor of the device that holds the file
            0,
            device >>> 32,
            device & 0xffff_ffffL,
            name.length + 1,
            0); // checksum, unused in this variant
    out.write(fields.getBytes(StandardCharsets.US_ASCII));
    out.write(name);
    out.write(0);
    pad(HEADER_SIZE + name.length + 1L);
  }

  private void pad(long written) throws IOException {
    for (long i = written; (i & 3) != 0; i++) {
      out.write(0);
    }
  }
}
