package dev.quire.machine.isa;

/**
 * RV64I and M arithmetic (unprivileged manual, chapters RV64I and M): 64-bit operands in, result
 * out. Names are the instructions'; immediate forms use the same method.
 */
public final class Alu {
  private Alu() {}

  public static long addw(long a, long b) {
    return (int) (a + b);
  }

  public static long subw(long a, long b) {
    return (int) (a - b);
  }

  public static long sll(long a, long b) {
    return a << b;
  }

  public static long srl(long a, long b) {
    return a >>> b;
  }

  public static long sra(long a, long b) {
    return a >> b;
  }

  public static long sllw(long a, long b) {
    int shifted = (int) a << b;
    return shifted;
  }

  public static long srlw(long a, long b) {
    int shifted = (int) a >>> b;
    return shifted;
  }

  public static long sraw(long a, long b) {
    return (int) a >> b;
  }

  public static long slt(long a, long b) {
    return a < b ? 1 : 0;
  }

  public static long sltu(long a, long b) {
    return a + Long.MIN_VALUE < b + Long.MIN_VALUE ? 1 : 0;
  }

  public static long mulw(long a, long b) {
    return (int) (a * b);
  }

  public static long mulh(long a, long b) {
    return Math.multiplyHigh(a, b);
  }

  public static long mulhu(long a, long b) {
    return Math.unsignedMultiplyHigh(a, b);
  }

  /** Signed {@code a} times unsigned {@code b}, upper half. */
  public static long mulhsu(long a, long b) {
    return Math.multiplyHigh(a, b) + (a & (b >> 63));
  }

  /** Division by zero gives -1; the overflow case gives the dividend. */
  public static long div(long a, long b) {
    return b == 0 ? -1 : a / b;
  }

  public static long divu(long a, long b) {
    return b == 0 ? -1 : Long.divideUnsigned(a, b);
  }

  /** The remainder by zero is the dividend; in the overflow case it is 0. */
  public static long rem(long a, long b) {
    return b == 0 ? a : a % b;
  }

  public static long remu(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  public static long divw(long a, long b) {
    return (int) b == 0 ? -1 : (int) a / (int) b;
  }

  public static long divuw(long a, long b) {
    return (int) b == 0 ? -1 : Integer.divideUnsigned((int) a, (int) b);
  }

  public static long remw(long a, long b) {
    return (int) b == 0 ? (int) a : (int) a % (int) b;
  }

  public static long remuw(long a, long b) {
    return (int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b);
  }
}
