package dev.quire.monitor.paging;

import dev.quire.machine.board.UserError;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a user can choose: a way of virtualizing memory, its variant, or none at all. */
public enum PagingChoice {
  /** No virtualization: the kernel runs in S-mode, the SBI is served at M. */
  NATIVE("native", ""),
  /** The MMU walks the guest's table and the P2M. */
  NESTED("nested", ""),
  /** Shadow tables; every write to a guest's table traps. */
  SHADOW_EAGER("shadow", "eager"),
  /** Shadow tables; leaf tables are writable until the next fence. */
  SHADOW_UNSYNC("shadow", "unsync"),
  /** Shadow tables; no write traps, faults fill them and fences empty them. */
  SHADOW_LAZY("shadow", "lazy"),
  /** The guest's own tables, holding machine frames, with its writes and reads trapped. */
  PROTECTED("protected", "");

  private final String paging;
  private final String variant;

  PagingChoice(String paging, String variant) {
    this.paging = paging;
    this.variant = variant;
  }

  /** The method's name: native, nested, shadow or protected. */
  public String paging() {
    return paging;
  }

  /** eager, unsync or lazy, of shadow; otherwise empty. */
  public String variant() {
    return variant;
  }

  /** One word for both: {@code shadow-eager}, {@code nested}. */
  public String word() {
    return variant.isEmpty() ? paging : paging + "-" + variant;
  }

  /** The choice of {@code --paging} and, where given, {@code --shadow}; or a {@link UserError}. */
  public static PagingChoice parse(String paging, @Nullable String shadow) {
    if (shadow == null) {
      return parse(paging);
    }
    if (!paging.equals("shadow")) {
      throw UserError.of("--shadow %s needs --paging shadow, not %s.", shadow, paging);
    }
    for (PagingChoice choice : values()) {
      if (!choice.variant.isEmpty() && choice.variant.equals(shadow.toLowerCase(Locale.ROOT))) {
        return choice;
      }
    }
    throw UserError.of("--shadow %s is unknown: eager, unsync or lazy.", shadow);
  }

  /** The choice that {@code word} names; {@code shadow} alone is its default variant, unsync. */
  public static PagingChoice parse(String word) {
    if (word.equals("shadow")) {
      return SHADOW_UNSYNC;
    }
    for (PagingChoice choice : values()) {
      if (choice.word().equals(word)) {
        return choice;
      }
    }
    throw UserError.of(
        "The paging method %s is unknown: native, nested, shadow (or shadow-eager, shadow-unsync,"
            + " shadow-lazy) or protected.",
        word);
  }
}
