package dev.quire.machine.arch;

import java.util.EnumSet;
import java.util.Set;

/** The extensions a hart has. */
public record Isa(Set<Extension> extensions) {
  /** What Quire implements beyond RV64I with Zicsr. */
  public enum Extension {
    M,
    A,
    F,
    D,
    C,
    H,
    S,
    U,
    ZIFENCEI,
    ZICNTR,
    ZIHINTPAUSE,
    ZBA,
    ZBB,
    ZBS,
    ZICBOM,
    ZICBOZ,
    SSTC,
    SVINVAL,
    SVNAPOT,
    SVPBMT,
    SVADE,
    SVADU
  }

  public static Isa full() {
    return new Isa(EnumSet.allOf(Extension.class));
  }

  /** The same but for {@code extension}. */
  public Isa without(Extension extension) {
    Set<Extension> others = EnumSet.copyOf(extensions);
    others.remove(extension);
    return new Isa(others);
  }

  public boolean has(Extension extension) {
    return extensions.contains(extension);
  }
}
