package dev.quire.chart;

import java.util.Locale;

/** What an axis measures, which decides about its ticks and how they are written. */
public enum Unit {
  /** In powers of two: 64 MiB. */
  BYTES(2) {
    @Override
    String written(double value) {
      return prefixed(value, 1024, " B", "iB");
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
      return prefixed(value, 1000, "", "");
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

  /** In {@code alone} if it is less than {@code step}, else in its powers, as " K" and so on. */
  private static String prefixed(double value, int step, String alone, String behind) {
    int power = 0;
    double left = value;
    while (Math.abs(left) >= step && power < PREFIXES.length() - 1) {
      left /= step;
      power++;
    }
    return plain(left) + (power == 0 ? alone : " " + PREFIXES.charAt(power) + behind);
  }

  /** With as many digits as it takes, four behind the point at most. */
  private static String plain(double value) {
    String digits = String.format(Locale.ROOT, "%.4f", value);
    return digits.replaceAll("\\.?0+$", "");
  }
}
