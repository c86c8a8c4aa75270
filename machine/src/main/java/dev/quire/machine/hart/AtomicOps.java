package dev.quire.machine.hart;

import dev.quire.machine.isa.Amo;
import dev.quire.machine.memory.HostMemory;
import dev.quire.machine.mmu.Mmu;

/**
 * LR/SC and AMOs (unprivileged manual, chapter A), atomic between host threads; every one is
 * sequentially consistent, which covers aq and rl. A reservation is the address and the value that
 * LR read: SC succeeds iff that value is still there.
 */
final class AtomicOps {
  private static final long NONE = 0;
  private final long[] x;
  private final Mmu mmu;
  private long reservedAddress = NONE;
  private long reservedValue;
  private long reservedGva;

  AtomicOps(long[] x, Mmu mmu) {
    this.x = x;
    this.mmu = mmu;
  }

  void clearReservation() {
    reservedAddress = NONE;
  }

  /** As LR does at {@code gva}, for bytes at a host address that held {@code value}. */
  void reserve(long gva, long address, long value) {
    reservedGva = gva;
    reservedAddress = address;
    reservedValue = value;
  }

  /** As SC does: gives the reservation up; whether it was for {@code address} and the value. */
  boolean takeReservation(long address, long value) {
    boolean reserved = address == reservedAddress && value == reservedValue;
    reservedAddress = NONE;
    return reserved;
  }

  /** The virtual address of the last LR. */
  long reservedGva() {
    return reservedGva;
  }

  /** Whether there is a reservation among {@code length} bytes from a host address. */
  boolean isReserved(long from, long length) {
    return reservedAddress >= from && reservedAddress < from + length;
  }

  /** Moves a reservation among {@code length} bytes from one host address to another. */
  void moveReservation(long from, long to, long length) {
    if (isReserved(from, length)) {
      reservedAddress += to - from;
    }
  }

  void execute(long d) {
    int op = Decoded.op(d);
    long gva = x[Decoded.rs1(d)];
    long operand = x[Decoded.rs2(d)];
    int rd = Decoded.rd(d);
    boolean word = op < Op.LR_D;
    switch (op) {
      case Op.LR_W, Op.LR_D -> x[rd] = loadReserved(gva, word);
      case Op.SC_W, Op.SC_D -> x[rd] = storeConditional(gva, operand, word);
      default -> x[rd] = word ? updateWord(op, gva, (int) operand) : update(op, gva, operand);
    }
  }

  private long loadReserved(long gva, boolean word) {
    long address = mmu.amoAddress(gva, word ? 4 : 8, false);
    reservedGva = gva;
    reservedAddress = address;
    reservedValue = word ? HostMemory.getIntVolatile(address) : HostMemory.getLongVolatile(address);
    return reservedValue;
  }

  private long storeConditional(long gva, long value, boolean word) {
    int size = word ? 4 : 8;
    long address = mmu.amoAddress(gva, size, true);
    boolean reserved = address == reservedAddress;
    reservedAddress = NONE;
    if (!reserved) {
      return 1;
    }
    boolean stored =
        word
            ? HostMemory.compareAndSetInt(address, (int) reservedValue, (int) value)
            : HostMemory.compareAndSetLong(address, reservedValue, value);
    if (!stored) {
      return 1;
    }
    mmu.amoWritten(address, size);
    return 0;
  }

  private long updateWord(int op, long gva, int operand) {
    long address = mmu.amoAddress(gva, 4, true);
    int old;
    do {
      old = HostMemory.getIntVolatile(address);
    } while (!HostMemory.compareAndSetInt(
        address, old, (int) Amo.combine(op - Op.AMOSWAP_W, old, operand)));
    mmu.amoWritten(address, 4);
    return old;
  }

  private long update(int op, long gva, long operand) {
    long address = mmu.amoAddress(gva, 8, true);
    long old;
    do {
      old = HostMemory.getLongVolatile(address);
    } while (!HostMemory.compareAndSetLong(
        address, old, Amo.combine(op - Op.AMOSWAP_D, old, operand)));
    mmu.amoWritten(address, 8);
    return old;
  }
}
