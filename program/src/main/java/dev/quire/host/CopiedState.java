package dev.quire.host;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayOutputStream;

/**
 * What a copy of a guest goes on from beside its memory, as it is written. All of it is in the
 * heap, and most of what it can be is what the guest has written on its disks: so it has a limit,
 * and more is a {@link UserError}.
 */
final class CopiedState extends ByteArrayOutputStream {
  /** Part of the heap: it is there twice while it grows, and while it is read. */
  private static final int PART_OF_HEAP = 5;

  private final long most;

  CopiedState() {
    this(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
  }

  /** Of at most so many bytes. */
  CopiedState(long most) {
    this.most = most;
  }

  @Override
  public synchronized void write(int value) {
    check(1);
    super.write(value);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    check(length);
    super.write(bytes, offset, length);
  }

  private void check(int more) {
    if (count + (long) more > most) {
      throw UserError.of(
          "The guest cannot be copied: beside its memory there are more than %d MiB, such as what"
              + " it wrote on its disks or swapped to its swap disk. With QUIRE_JAVA_OPTS=-Xmx2g"
              + " in its environment Quire can copy more.",
          most >> 20);
    }
  }
}
