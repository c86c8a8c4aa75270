package dev.quire.save;

import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The first 4 KiB of a save. All numbers are little-endian; the last 4 bytes are the checksum of
 * those before.
 *
 * @param memory bytes of the guest's RAM
 * @param pages that are in the file: all that are not zero
 * @param state length in bytes
 * @param description length in bytes
 * @param stateSum checksum of the state
 * @param descriptionSum checksum of the description
 */
record SaveHeader(
    long memory, long pages, int state, int description, int stateSum, int descriptionSum) {
  static final int PAGE = 4096;

  /** State and description are read as a whole: no longer than this, in bytes. */
  static final int MOST = 1 << 29;

  private static final byte[] MAGIC = "QUIRESAV".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 3;
  private static final int SUM_AT = PAGE - Integer.BYTES;

  byte[] bytes() {
    ByteBuffer header = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).putInt(VERSION).putInt(PAGE).putLong(memory).putLong(pages);
    header.putInt(state).putInt(description).putInt(stateSum).putInt(descriptionSum);
    header.putInt(SUM_AT, Checksum.of(header.array(), 0, SUM_AT));
    return header.array();
  }

  /** Whether a file that begins like this is a save, of whatever version. */
  static boolean isSave(byte[] beginning) {
    return beginning.length >= MAGIC.length
        && Arrays.equals(beginning, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /** What 4 KiB say; a {@link UserError} if it is not the beginning of a whole save. */
  static SaveHeader of(Object file, byte[] bytes) {
    if (!isSave(bytes)) {
      throw UserError.of("%s is no saved guest: 'quire save VM FILE' writes such files.", file);
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int version = bytes.length < PAGE ? VERSION : header.getInt(MAGIC.length);
    if (version != VERSION) {
      throw UserError.of(
          "%s is a saved guest of format %d; this Quire reads format %d.", file, version, VERSION);
    }
    if (bytes.length < PAGE || header.getInt(SUM_AT) != Checksum.of(bytes, 0, SUM_AT)) {
      throw damaged(file, "its header is not as it was written");
    }
    header.position(MAGIC.length + Integer.BYTES);
    int page = header.getInt();
    SaveHeader read =
        new SaveHeader(
            header.getLong(),
            header.getLong(),
            header.getInt(),
            header.getInt(),
            header.getInt(),
            header.getInt());
    if (page != PAGE || !read.isPossible()) {
      throw damaged(file, "its header contradicts itself");
    }
    return read;
  }

  private boolean isPossible() {
    boolean memoryFits = memory > 0 && memory <= MemorySize.LIMIT && memory % PAGE == 0;
    boolean pagesFit = pages >= 0 && pages <= memory / PAGE;
    return memoryFits && pagesFit && isPossible(state) && isPossible(description);
  }

  private static boolean isPossible(int length) {
    return length >= 0 && length <= MOST;
  }

  static UserError damaged(Object file, String what) {
    return UserError.of("The saved guest %s is damaged: %s. It cannot be used.", file, what);
  }

  // ---- where things are ----------------------------------------------------------------------

  long stateAt() {
    return PageGroup.offset(0) + PageGroup.length(pages);
  }

  long descriptionAt() {
    return stateAt() + padded(state);
  }

  /** The length of the whole file. */
  long length() {
    return descriptionAt() + padded(description);
  }

  /** Sections end where a page does. */
  static long padded(long length) {
    return length + PAGE - 1 & -PAGE;
  }
}
