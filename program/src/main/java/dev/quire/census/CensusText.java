package dev.quire.census;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results for people: tables, and at the end one sentence. */
public final class CensusText {
  private static final int LEAST_NAME = 12;

  private final Census census;
  private final List<Count> counts;
  private final StringBuilder text = new StringBuilder();
  private final Formatter out = new Formatter(text, Locale.ROOT);

  public CensusText(Census census, List<Count> counts) {
    this.census = census;
    this.counts = counts;
  }

  /** Whole lines. */
  public String text(Optional<Verification> verification) {
    counts.forEach(this::table);
    top(counts.getFirst());
    for (Count count : counts) {
      out.format(
          "At %s, two different contents were taken for the same with probability %.1e or less.%n",
          count.granularity().label(), count.collision());
    }
    out.format(
        "Hashes have 64 bits; this census repeats with --seed %x.%n", census.hasher().seed());
    verification.ifPresent(verified -> text.append(sentence(verified)).append('\n'));
    out.format("%s%n", sentence(counts.getFirst().total()));
    return text.toString();
  }

  private static String padded(String name, int width) {
    return name + " ".repeat(width - name.length());
  }

  private void table(Count count) {
    int width = LEAST_NAME;
    for (Count.OfSource source : count.sources()) {
      width = Math.max(width, source.name().length());
    }
    String pages = padded(count.granularity().label() + " pages", width);
    out.format("%s %47s | %s%n", pages, "each on its own    ", "with those above");
    out.format(
        "%s %11s %11s %11s %11s | %11s %11s %8s %8s%n",
        " ".repeat(width),
        "pages",
        "zero",
        "distinct",
        "not there",
        "pages",
        "distinct",
        "twins",
        "to free");
    for (int i = 0; i < count.sources().size(); i++) {
      Count.OfSource source = count.sources().get(i);
      Count.Point point = count.curve().get(i);
      out.format(
          "%s %,11d %,11d %,11d %,11d | %,11d %,11d %6.1f %% %6.1f %%%n",
          padded(source.name(), width),
          source.pages(),
          source.zero(),
          source.distinct(),
          source.absent(),
          point.pages(),
          point.distinct(),
          percent(point.twins(), point),
          percent(point.reclaimable(), point));
    }
    Count.Point total = count.total();
    out.format(
        "To free: %,d of %,d pages: %,d zero, %,d shareable within, %,d between.%n%n",
        total.reclaimable(),
        total.pages(),
        total.zero(),
        total.shareableWithin(),
        total.shareableBetween());
  }

  private void top(Count count) {
    if (!count.top().isEmpty()) {
      out.format(
          "%11s %8s  %s%n", "copies", "sources", "the most frequent contents but zero, and where");
      for (Count.Frequent one : count.top()) {
        out.format(
            "%,11d %,8d  %s  %s%n",
            one.copies(), one.sources(), place(one, count), census.show(one, count.granularity()));
      }
      text.append('\n');
    }
  }

  private static String place(Count.Frequent content, Count count) {
    Count.Place place = content.place();
    return place == null
        ? "(place not kept)"
        : String.format(
            Locale.ROOT, "%s %#x", count.sources().get(place.source()).name(), place.address());
  }

  private static double percent(long part, Count.Point of) {
    return of.pages() == 0 ? 0 : 100.0 * part / of.pages();
  }

  /** The answer to how often pages have the same content. */
  public static String sentence(Count.Point total) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d pages (%.1f %%) have a twin: %.1f %% zero, %.1f %% within one VM, %.1f %%"
            + " between VMs.",
        total.twins(),
        total.pages(),
        percent(total.twins(), total),
        percent(total.zero(), total),
        percent(total.twinsWithin(), total),
        percent(total.twinsBetween(), total));
  }

  /** What a comparison in full has shown. */
  public static String sentence(Verification verification) {
    String changed =
        verification.changed() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                " %,d pages could not be compared: their file changes.",
                verification.changed());
    String result =
        verification.different() == 0
            ? "%,d pages are what their hashes say.".formatted(verification.compared())
            : "of %,d pages %,d only have the hash of another: take another --seed."
                .formatted(verification.compared(), verification.different());
    return "Compared in full: " + result + changed;
  }
}
