package dev.quire.chart;

import java.util.Locale;

/** What an axis measures, which decides about its ticks and how they are written. */
public enum Unit {
  /** In powers of two: 64 MiB. */
  BYTES(2) {
    @Override
    String written(double value) {
      int thousands = 0;
      double left = value;
      while (Math.abs(left) >= 1024 && thousands < PREFIXES.length() - 1) {
        left /= 1024;
        thousands++;
      }
      return plain(left) + (thousands == 0 ? " B" : " " + PREFIXES.charAt(thousands) + "iB");
    }
  },
  /** Seconds: 2.5 s. */
  SECONDS(10) {
    @Override
    String written(double value) {
      return plain(value) + " s";
    }
  },
  /** A part of one, as percent. */
  PART(10) {
    @Override
    String written(double value) {
      return plain(value * 100) + " %";
    }
  },
  /** How many, in thousands (K), millions (M) and so on. */
  COUNT(10) {
    @Override
    String written(double value) {
      int thousands = 0;
      double left = value;
      while (Math.abs(left) >= 1000 && thousands < PREFIXES.length() - 1) {
        left /= 1000;
        thousands++;
      }
      return plain(left) + (thousands == 0 ? "" : " " + PREFIXES.charAt(thousands));
    }
  };

  private static final String PREFIXES = " KMGTPE";

  private final int base;

  Unit(int base) {
    this.base = base;
  }

  abstract String written(double value);

  /** The least round number that is not less than {@code step}, which is greater than 0. */
  double round(double step) {
    double power = Math.pow(base, Math.floor(Math.log(step) / Math.log(base)));
    double[] multiples = base == 2 ? new double[] {1, 2} : new double[] {1, 2, 5, 10};
    for (double multiple : multiples) {
      if (multiple * power >= step * (1 - 1e-9)) {
        return multiple * power;
      }
    }
    return base * power;
  }

  /** With as many digits as it takes, four behind the point at most. */
  private static String plain(double value) {
    String digits = String.format(Locale.ROOT, "%.4f", value);
    return digits.replaceAll("\\.?0+$", "");
  }
}
