package dev.quire.monitor.explain;

/** What an address means: guest-virtual, guest-physical, or of the host machine. */
public enum AddressKind {
  GVA("gva"),
  GPA("gpa"),
  HPA("hpa");

  private final String word;

  AddressKind(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }

  /** As in {@code gpa 0x80200000}. */
  String of(long address) {
    return word + " " + hex(address);
  }

  static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }
}
