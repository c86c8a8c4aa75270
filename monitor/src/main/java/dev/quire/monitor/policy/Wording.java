package dev.quire.monitor.policy;

import java.util.Locale;

/** Numbers as people read them. */
final class Wording {
  private static final double MIB = 1 << 20;

  private Wording() {}

  /** "1,024 MiB", and "4.5 MiB" where the half matters. */
  static String mib(long bytes) {
    double mib = bytes / MIB;
    return (mib < 10 ? decimal(mib, 1) : count(Math.round(mib))) + " MiB";
  }

  /** At most so many digits after the point, and none that is only a zero. */
  static String decimal(double value, int digits) {
    String text = String.format(Locale.ROOT, "%,." + digits + "f", value);
    return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
  }

  /** "12.5 %" of a part, 0 to 1. */
  static String percent(double part) {
    return decimal(100 * part, 1) + " %";
  }

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** "12.5 pages/s". */
  static String pages(double perSecond) {
    return decimal(perSecond, perSecond < 10 ? 2 : 0) + " pages/s";
  }

  /** "2.4 shares/MiB" of shares for each byte. */
  static String density(double sharesPerByte) {
    double value = sharesPerByte * MIB;
    return decimal(value, value < 10 ? 2 : 1) + " shares/MiB";
  }

  /** ", which is its min" or max where {@code bytes} are it; else nothing. */
  static String limit(VmSnapshot vm, long bytes) {
    if (bytes == vm.min()) {
      return ", which is its min";
    }
    return bytes == vm.max() ? ", which is its max" : "";
  }
}
