package dev.quire.monitor.explain;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One translation, explained.
 *
 * @param cpu whose registers they are
 * @param gva the address
 * @param access what for
 * @param paging the paging method's name
 * @param tables the tables' formats and roots, as a phrase
 * @param references the MMU's reads of entries with all caches empty, in order
 * @param outcome what the MMU comes to
 * @param others what it comes to for other kinds of access, as far as that differs in the leaf only
 * @param then who takes the fault and what happens next; empty if there is none
 * @param guest what the guest's own tables and the P2M say, which the MMU does not walk; null where
 *     it does, or where there is no P2M
 */
public record WalkExplanation(
    int cpu,
    long gva,
    Access access,
    String paging,
    String tables,
    List<Reference> references,
    Outcome outcome,
    Map<Access, Outcome> others,
    String then,
    @Nullable GuestView guest) {
  /**
   * The same address by the guest's own table, and its gpa by the P2M.
   *
   * @param references the entries of V2P, as the guest reads them
   * @param outcome a gpa (in both addresses), or a fault
   * @param hpa what the P2M has for the gpa, or -1
   */
  public record GuestView(List<Reference> references, Outcome outcome, long hpa) {}

  /** References that are left if the given caches hit. */
  public int referencesWith(Set<Cache> caches) {
    int left = 0;
    for (Reference reference : references) {
      left += reference.savedBy().stream().anyMatch(caches::contains) ? 0 : 1;
    }
    return left;
  }

  /** For reading: whole lines. */
  public String text() {
    return WalkText.of(this);
  }

  /** The same as an object of numbers, strings and lists; addresses and entries in hex. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("cpu", cpu);
    all.put("gva", AddressKind.hex(gva));
    all.put("access", access.word());
    all.put("paging", paging);
    all.put("tables", tables);
    all.put("count", references.size());
    all.put("references", references.stream().map(WalkExplanation::json).toList());
    all.put("left", left());
    all.put("outcome", json(outcome));
    others.forEach((other, result) -> all.put(other.word(), json(result)));
    if (!then.isEmpty()) {
      all.put("then", then);
    }
    if (guest != null) {
      Map<String, Object> view = new LinkedHashMap<>();
      view.put("references", guest.references.stream().map(WalkExplanation::json).toList());
      view.put("outcome", json(guest.outcome));
      putAddress(view, "hpa", guest.hpa);
      all.put("guest", view);
    }
    return all;
  }

  private Map<String, Object> left() {
    Map<String, Object> left = new LinkedHashMap<>();
    for (Cache cache : Cache.values()) {
      left.put(cache.word(), referencesWith(EnumSet.of(cache)));
    }
    left.put("VS+G", referencesWith(EnumSet.of(Cache.VS_WALK_CACHE, Cache.G_WALK_CACHE)));
    left.put("VS+G+nested", referencesWith(EnumSet.complementOf(EnumSet.of(Cache.L2_TLB))));
    return left;
  }

  private static Map<String, Object> json(Reference r) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("number", r.number());
    map.put("table", r.table().word());
    map.put("level", r.level());
    map.put("index", r.index());
    putAddress(map, "hpa", r.hpa());
    putAddress(map, "gpa", r.gpa());
    map.put("entry", "0x%016x".formatted(r.entry()));
    map.put("bits", EntryText.bits(r.entry()));
    map.put("from", Map.of(r.fromKind().word(), AddressKind.hex(r.from())));
    if (r.to() != Reference.NONE) {
      map.put("to", Map.of(r.toKind().word(), AddressKind.hex(r.to())));
      map.put("leaf", r.leaf());
    }
    map.put("savedBy", r.savedBy().stream().map(Cache::word).toList());
    return map;
  }

  private static Map<String, Object> json(Outcome outcome) {
    Map<String, Object> map = new LinkedHashMap<>();
    switch (outcome) {
      case Outcome.Translated t -> {
        putAddress(map, "gpa", t.gpa());
        putAddress(map, "hpa", t.hpa());
        map.put("pageSize", 1L << t.pageShift());
        map.put("permissions", t.permissions());
      }
      case Outcome.Fault fault -> {
        map.put("cause", fault.cause());
        map.put("name", fault.name());
        map.put("table", fault.table().word());
        map.put("level", fault.level());
        map.put("address", AddressKind.hex(fault.address()));
        map.put("why", fault.why());
      }
    }
    return map;
  }

  private static void putAddress(Map<String, Object> map, String name, long address) {
    if (address != Reference.NONE) {
      map.put(name, AddressKind.hex(address));
    }
  }
}
