package dev.quire.monitor.explain;

import dev.quire.monitor.explain.Outcome.Fault;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.explain.WalkExplanation.GuestView;
import java.util.EnumSet;
import java.util.List;

/** Writes a {@link WalkExplanation} for reading. */
final class WalkText {
  private static final int SAVED_WIDTH = 2;

  private final StringBuilder text = new StringBuilder();

  private WalkText() {}

  static String of(WalkExplanation walk) {
    WalkText writer = new WalkText();
    writer.write(walk);
    return writer.text.toString();
  }

  private void write(WalkExplanation walk) {
    line(
        "%s, a %s on CPU %d, %s: %s"
            .formatted(
                AddressKind.GVA.of(walk.gva()),
                walk.access().word(),
                walk.cpu(),
                walk.paging(),
                walk.tables()));
    references(walk.references(), true);
    line("=> " + of(walk.outcome()));
    walk.others()
        .forEach(
            (access, outcome) ->
                line(
                    "   a %s: %s"
                        .formatted(
                            access.word(),
                            outcome.equals(walk.outcome()) ? "the same" : of(outcome))));
    if (!walk.references().isEmpty()) {
      line(left(walk));
    }
    if (!walk.then().isEmpty()) {
      line(walk.then());
    }
    if (walk.guest() != null) {
      guest(walk.guest());
    }
  }

  private void references(List<Reference> references, boolean byMmu) {
    if (references.isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable(
            ">#",
            "table",
            ">level",
            ">index",
            "entry at hpa",
            "(gpa)",
            "entry",
            "VRWXUGAD",
            "gives",
            byMmu ? "saved by a hit in" : "");
    Reference before = null;
    for (Reference r : references) {
      boolean another = before == null || before.table() != r.table() || before.leaf();
      if (r.table() == TableRole.P2M && another) {
        table.note("   where is " + r.fromKind().of(r.from()) + "?");
      }
      table.line(
          byMmu ? r.number() : "",
          r.table().word(),
          r.level(),
          r.index(),
          address(r.hpa()),
          address(r.gpa()),
          "0x%016x".formatted(r.entry()),
          EntryText.bits(r.entry()),
          gives(r),
          byMmu ? savedBy(r) : "");
      before = r;
    }
    table.appendTo(text);
  }

  private static String address(long address) {
    return address == Reference.NONE ? "" : AddressKind.hex(address);
  }

  private static String gives(Reference r) {
    if (r.to() == Reference.NONE) {
      return "nothing";
    }
    return r.leaf() ? r.toKind().of(r.to()) : "table at " + r.toKind().of(r.to());
  }

  private static String savedBy(Reference r) {
    StringBuilder caches = new StringBuilder();
    for (Cache cache : Cache.values()) {
      String word = r.savedBy().contains(cache) ? cache.word() : "";
      caches.append(word).repeat(' ', Math.max(0, SAVED_WIDTH - word.length())).append(' ');
    }
    return caches.toString();
  }

  private static String of(Outcome outcome) {
    return switch (outcome) {
      case Translated t -> of(t);
      case Fault f ->
          "%s (%d) by %s%s: %s"
              .formatted(
                  f.name(),
                  f.cause(),
                  f.table().word(),
                  f.level() < 0 ? "" : " level " + f.level(),
                  f.why());
    };
  }

  private static String of(Translated t) {
    String gpa = t.gpa() == Reference.NONE ? "" : " (" + AddressKind.GPA.of(t.gpa()) + ")";
    String to = "hpa " + AddressKind.hex(t.hpa()) + gpa;
    if (t.pageShift() == Translated.NOT_TRANSLATED) {
      return to + ", not translated";
    }
    boolean differ =
        t.firstShift() != t.secondShift()
            && Math.max(t.firstShift(), t.secondShift()) != Translated.NOT_TRANSLATED;
    String sizes =
        differ
            ? " (V2P %s, P2M %s)"
                .formatted(EntryText.size(t.firstShift()), EntryText.size(t.secondShift()))
            : "";
    return to + ", " + t.permissions() + ", " + EntryText.size(t.pageShift()) + " page" + sizes;
  }

  private static String left(WalkExplanation walk) {
    int all = walk.references().size();
    String counts =
        "%d reference%s; left after a hit in the L2 TLB %d, the VS walk cache %d"
            .formatted(
                all,
                all == 1 ? "" : "s",
                walk.referencesWith(EnumSet.of(Cache.L2_TLB)),
                walk.referencesWith(EnumSet.of(Cache.VS_WALK_CACHE)));
    if (walk.references().stream().noneMatch(r -> r.table() == TableRole.P2M)) {
      return counts;
    }
    return counts
        + ", the G walk cache %d, both %d, the nested TLB %d, all three %d"
            .formatted(
                walk.referencesWith(EnumSet.of(Cache.G_WALK_CACHE)),
                walk.referencesWith(EnumSet.of(Cache.VS_WALK_CACHE, Cache.G_WALK_CACHE)),
                walk.referencesWith(EnumSet.of(Cache.NESTED_TLB)),
                walk.referencesWith(EnumSet.complementOf(EnumSet.of(Cache.L2_TLB))));
  }

  private void guest(GuestView guest) {
    line("The guest's own view, which the MMU does not walk:");
    references(guest.references(), false);
    if (guest.outcome() instanceof Translated t) {
      String hpa = guest.hpa() == Reference.NONE ? "no frame" : AddressKind.HPA.of(guest.hpa());
      line(
          "=> %s, %s; the P2M has %s for it"
              .formatted(AddressKind.GPA.of(t.gpa()), t.permissions(), hpa));
    } else {
      line("=> " + of(guest.outcome()));
    }
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
