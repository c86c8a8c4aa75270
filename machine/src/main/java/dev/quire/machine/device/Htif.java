package dev.quire.machine.device;

import dev.quire.machine.memory.PhysicalMemory;

/**
 * The host-target interface of bare programs, as Spike serves it: two 64-bit words in memory, found
 * by the ELF symbols tohost and fromhost. The program writes a command to tohost and waits until it
 * is zero again:
 *
 * <pre>
 *   63..56 device   55..48 command   47..0 payload
 *   0               0                odd: exit, status = payload / 2
 *                                    even: address of {number, arg0, arg1, arg2}, a system call;
 *                                    its result replaces the number and fromhost becomes 1
 *   1               1                print the payload's low byte
 *   1               0                get a character: never answered
 * </pre>
 *
 * There is no wire: the board calls {@link #poll} between slices.
 */
public final class Htif {
  private static final int SYS_WRITE = 64;
  private static final int SYS_EXIT = 93;
  private static final long ENOSYS = -38;
  private static final long EBADF = -9;
  private static final long EFAULT = -14;
  private static final int CHUNK = 4096;

  private final PhysicalMemory memory;
  private final long tohost;
  private final long fromhost;
  private final ByteSink console;
  private final PowerSwitch power;

  /**
   * Both addresses are hpas; {@code tohost} must be 8 aligned bytes of memory, and a {@code
   * fromhost} that is not (a program without that symbol: -1) is never written.
   */
  public Htif(
      PhysicalMemory memory, long tohost, long fromhost, ByteSink console, PowerSwitch power) {
    if (!usable(memory, tohost)) {
      throw new IllegalArgumentException("tohost at 0x%x".formatted(tohost));
    }
    this.memory = memory;
    this.tohost = tohost;
    this.fromhost = fromhost;
    this.console = console;
    this.power = power;
  }

  /** Whether a symbol at {@code hpa} can serve: aligned, and wholly inside memory. */
  public static boolean usable(PhysicalMemory memory, long hpa) {
    return (hpa & 7) == 0 && memory.contains(hpa, 8);
  }

  /**
   * Handles a command if there is one, and tells whether there was. One load when there is none.
   */
  public boolean poll() {
    long command = memory.readLong(tohost);
    if (command == 0) {
      return false;
    }
    memory.writeLong(tohost, 0);
    long payload = command << 16 >>> 16;
    switch ((int) (command >>> 48)) {
      case 0x0000 -> system(payload);
      case 0x0101 -> console.accept(new byte[] {(byte) payload}, 0, 1);
      default -> {}
    }
    return true;
  }

  private void system(long payload) {
    if ((payload & 1) != 0) {
      exit(payload >>> 1);
      return;
    }
    if (usable(memory, payload) && memory.contains(payload, 32)) {
      memory.writeLong(payload, systemCall(payload));
    }
    if (usable(memory, fromhost)) {
      memory.writeLong(fromhost, 1);
    }
  }

  private long systemCall(long arguments) {
    long number = memory.readLong(arguments);
    long first = memory.readLong(arguments + 8);
    if (number == SYS_WRITE) {
      boolean open = first == 1 || first == 2;
      return open ? print(memory.readLong(arguments + 16), memory.readLong(arguments + 24)) : EBADF;
    }
    if (number == SYS_EXIT) {
      exit(first);
      return 0;
    }
    return ENOSYS;
  }

  private long print(long hpa, long length) {
    if (!memory.contains(hpa, length)) {
      return EFAULT;
    }
    byte[] bytes = new byte[(int) Math.min(length, CHUNK)];
    for (long done = 0; done < length; done += bytes.length) {
      int count = (int) Math.min(length - done, bytes.length);
      memory.read(hpa + done, bytes, 0, count);
      console.accept(bytes, 0, count);
    }
    return length;
  }

  private void exit(long status) {
    power.powerOff(status >>> 31 == 0 ? (int) status : Integer.MAX_VALUE);
  }
}
