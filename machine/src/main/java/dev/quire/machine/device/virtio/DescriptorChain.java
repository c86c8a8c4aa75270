package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import java.util.Arrays;

/**
 * One request's buffers: a part that the device reads, then a part that it writes, each as if it
 * were contiguous. Offsets count from the start of the part.
 */
public final class DescriptorChain {
  /**
   * Most bytes in one chain, unless a function sets a limit of its own; more is a fault, so that no
   * request keeps a device busy for long.
   */
  public static final long MAX_BYTES = 64L << 20;

  /** Is told of a buffer, in bytes. */
  @FunctionalInterface
  public interface BufferVisitor {
    void visit(long gpa, long length);
  }

  private final Dma dma;
  private final int head;
  private final long maxBytes;
  private long[] addresses = new long[8];
  private int[] lengths = new int[8];
  private int count;
  private int readableCount;
  private long readable;
  private long writable;

  DescriptorChain(Dma dma, int head, long maxBytes) {
    this.dma = dma;
    this.head = head;
    this.maxBytes = maxBytes;
  }

  int head() {
    return head;
  }

  /** Bytes for the device to read. */
  public long readable() {
    return readable;
  }

  /** Bytes that the device may write. */
  public long writable() {
    return writable;
  }

  void add(long address, long length, boolean forDevice) throws VirtioFault {
    if (readable + writable + length > maxBytes) {
      throw new VirtioFault("a chain of more than " + maxBytes + " bytes");
    }
    if (Long.compareUnsigned(address + length, address) < 0) {
      throw new VirtioFault("a buffer at 0x%x + %d".formatted(address, length));
    }
    if (!forDevice && readableCount < count) {
      throw new VirtioFault("a readable buffer after a writable one");
    }
    if (count == addresses.length) {
      addresses = Arrays.copyOf(addresses, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    addresses[count] = address;
    lengths[count] = (int) length;
    count++;
    if (forDevice) {
      writable += length;
    } else {
      readable += length;
      readableCount = count;
    }
  }

  /** The writable buffers one by one, for a device to which their addresses are the message. */
  public void eachWritable(BufferVisitor visitor) {
    for (int i = readableCount; i < count; i++) {
      visitor.visit(addresses[i], lengths[i]);
    }
  }

  /**
   * The gpa of {@code offset} of the readable part, if a whole aligned page of 4 KiB is there in
   * one buffer; else -1.
   */
  public long pageToRead(long offset) {
    return page(0, readableCount, offset);
  }

  /** The same of the writable part. */
  public long pageToWrite(long offset) {
    return page(readableCount, count, offset);
  }

  private long page(int first, int end, long offset) {
    long skip = offset;
    int i = first;
    while (i < end && skip >= lengths[i]) {
      skip -= lengths[i];
      i++;
    }
    long gpa = i < end ? addresses[i] + skip : -1;
    boolean whole = gpa >= 0 && gpa % PageTransfers.PAGE == 0;
    return whole && lengths[i] - skip >= PageTransfers.PAGE ? gpa : -1;
  }

  /** Copies {@code length} bytes from {@code offset} of the readable part. */
  public void read(long offset, byte[] to, int at, int length) throws VirtioFault, DmaFault {
    check(offset, length, readable);
    copy(0, offset, to, at, length, false);
  }

  /** Copies {@code length} bytes to {@code offset} of the writable part. */
  public void write(long offset, byte[] from, int at, int length) throws VirtioFault, DmaFault {
    check(offset, length, writable);
    copy(readableCount, offset, from, at, length, true);
  }

  private static void check(long offset, int length, long available) throws VirtioFault {
    if (length < 0 || offset < 0 || offset > available - length) {
      throw new VirtioFault("a request of too few bytes: " + available);
    }
  }

  private void copy(int first, long offset, byte[] bytes, int at, int length, boolean toGuest)
      throws DmaFault {
    long skip = offset;
    int done = 0;
    for (int i = first; done < length; i++) {
      if (skip >= lengths[i]) {
        skip -= lengths[i];
        continue;
      }
      int part = (int) Math.min(lengths[i] - skip, length - done);
      if (toGuest) {
        dma.write(addresses[i] + skip, bytes, at + done, part);
      } else {
        dma.read(addresses[i] + skip, bytes, at + done, part);
      }
      done += part;
      skip = 0;
    }
  }
}
