package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.machine.mmu.MmuConfig;

/** The option {@code --tlb l1=N,l2=N,vspwc=N,gpwc=N,nested=N}; what is not named keeps its size. */
final class TlbOption {
  /** More entries than this would only slow the host. */
  private static final int MAX = 1 << 20;

  private TlbOption() {}

  static MmuConfig parse(String text) {
    MmuConfig config = MmuConfig.standard();
    if (text.isEmpty()) {
      return config;
    }
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      int size = equals < 0 ? -1 : size(part.substring(equals + 1));
      if (size < 0) {
        throw UserError.of(
            "--tlb: '%s' is not possible; write for example l1=512,l2=0: names are l1, l2, vspwc,"
                + " gpwc and nested, sizes 0 or a power of two up to %d.",
            part, MAX);
      }
      config = with(config, part.substring(0, equals), size);
    }
    return config;
  }

  private static int size(String digits) {
    if (!digits.matches("[0-9]{1,7}")) {
      return -1;
    }
    int size = Integer.parseInt(digits);
    return size <= MAX && Integer.bitCount(size) <= 1 ? size : -1;
  }

  private static MmuConfig with(MmuConfig c, String name, int size) {
    return switch (name) {
      case "l1" -> new MmuConfig(size, c.l2(), c.vsWalkCache(), c.gWalkCache(), c.nested());
      case "l2" -> new MmuConfig(c.l1(), size, c.vsWalkCache(), c.gWalkCache(), c.nested());
      case "vspwc" -> new MmuConfig(c.l1(), c.l2(), size, c.gWalkCache(), c.nested());
      case "gpwc" -> new MmuConfig(c.l1(), c.l2(), c.vsWalkCache(), size, c.nested());
      case "nested" -> new MmuConfig(c.l1(), c.l2(), c.vsWalkCache(), c.gWalkCache(), size);
      default ->
          throw UserError.of(
              "--tlb: '%s' is unknown; the names are l1, l2, vspwc, gpwc and nested.", name);
    };
  }
}
