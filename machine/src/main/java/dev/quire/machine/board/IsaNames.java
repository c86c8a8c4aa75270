package dev.quire.machine.board;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A hart's extensions as a device tree names them (binding riscv/extensions.yaml). */
final class IsaNames {
  /** In canonical order; S- and U-mode are modes, not extensions with a name. */
  private static final List<Extension> ORDER =
      List.of(
          Extension.M,
          Extension.A,
          Extension.F,
          Extension.D,
          Extension.C,
          Extension.H,
          Extension.ZICBOM,
          Extension.ZICBOZ,
          Extension.ZICNTR,
          Extension.ZIFENCEI,
          Extension.ZIHINTPAUSE,
          Extension.ZBA,
          Extension.ZBB,
          Extension.ZBS,
          Extension.SSTC,
          Extension.SVADE,
          Extension.SVADU,
          Extension.SVINVAL,
          Extension.SVNAPOT,
          Extension.SVPBMT);

  private IsaNames() {}

  /** For riscv,isa: one string, such as {@code rv64imac_zicsr_zba}. */
  static String string(Isa isa) {
    var text = new StringBuilder("rv64");
    for (String name : list(isa)) {
      text.append(name.length() == 1 ? "" : "_").append(name);
    }
    return text.toString();
  }

  /** For riscv,isa-extensions: the names one by one. */
  static List<String> list(Isa isa) {
    List<String> names = new ArrayList<>(List.of("i"));
    for (Extension extension : ORDER) {
      if (extension == Extension.ZIFENCEI) {
        names.add("zicsr");
      }
      if (isa.has(extension)) {
        names.add(extension.name().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
