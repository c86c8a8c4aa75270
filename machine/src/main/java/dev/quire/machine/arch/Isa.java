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

  public boolean has(Extension extension) {
    return extensions.contains(extension);
  }
}
