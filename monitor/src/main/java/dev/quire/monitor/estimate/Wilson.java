package dev.quire.monitor.estimate;

/**
 * The 95 % confidence interval of a fraction that a random sample shows, by Wilson's score (JASA
 * 22, 1927). Unlike f +- 1.96 sigma, it stays within 0 to 1 and does not shrink to a point when
 * none of the sample was touched.
 *
 * <p>A sample that is drawn without replacement from few pages says more than its size: what is not
 * sampled is little. It counts as n (N - 1) / (N - n) independent draws, where n is the sample's
 * size and N that of the population; a sample of all is the truth.
 *
 * @param low 0 to 1
 * @param high 0 to 1, at least {@code low}
 */
public record Wilson(double low, double high) {
  /** Of the standard normal distribution, 95 % lie within so many deviations. */
  private static final double Z = 1.959964;

  /**
   * The interval for what part of the population is touched.
   *
   * @param touched how many of the sample were
   * @param sampled the sample's size; with 0 nothing is known
   * @param population the number of pages that the sample was drawn from without replacement
   */
  public static Wilson of(int touched, int sampled, int population) {
    if (touched < 0 || touched > sampled || sampled > population) {
      throw new IllegalArgumentException(
          "%d touched of %d of %d".formatted(touched, sampled, population));
    }
    if (sampled == 0) {
      return new Wilson(0, 1);
    }
    double fraction = (double) touched / sampled;
    if (sampled == population) {
      return new Wilson(fraction, fraction);
    }
    double draws = sampled * (population - 1.0) / (population - sampled);
    double shrink = 1 + Z * Z / draws;
    double middle = (fraction + Z * Z / (2 * draws)) / shrink;
    double variance = fraction * (1 - fraction) / draws + Z * Z / (4 * draws * draws);
    double half = Z * Math.sqrt(variance) / shrink;
    return new Wilson(Math.max(0, middle - half), Math.min(1, middle + half));
  }
}
