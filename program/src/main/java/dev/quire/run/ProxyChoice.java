package dev.quire.run;

import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Proxy memory as a user asks for it.
 *
 * @param own what the guest keeps, {@code 60%} of its memory or {@code 300M}
 * @param adapts whether that changes with its misses
 * @param checks whether each page that the cache gives is compared with the disk's
 */
public record ProxyChoice(String own, boolean adapts, boolean checks) {
  /** What a guest keeps if nobody says so. */
  public static final String STANDARD = ProxyMemory.Settings.STANDARD_PERCENT + "%";

  private static final Pattern PERCENT = Pattern.compile("([0-9]{1,3})%");
  private static final int PAGE = 4096;

  /**
   * What that means for a guest; a {@link UserError} if it is not possible.
   *
   * @param memory what the guest believes to have, in bytes
   */
  public ProxyMemory.Settings settings(long memory) {
    ProxyMemory.Settings settings = new ProxyMemory.Settings(bytes(memory), adapts, checks);
    if (settings.own() > memory) {
      throw UserError.of(
          "A guest of %d MiB cannot keep %d MiB beside its proxy memory.",
          memory >> 20, settings.own() >> 20);
    }
    return settings;
  }

  private long bytes(long memory) {
    Matcher percent = PERCENT.matcher(own);
    if (!percent.matches()) {
      return size();
    }
    int part = Integer.parseInt(percent.group(1));
    if (part < 1 || part > 100) {
      throw UserError.of(
          "A guest cannot keep %d %% of its memory beside its proxy memory: 1 to 100 are possible.",
          part);
    }
    return memory * part / 100 / PAGE * PAGE;
  }

  private long size() {
    try {
      return MemorySize.parse(own);
    } catch (UserError e) {
      throw new UserError(
          "What a guest keeps beside its proxy memory is a size or a percentage: " + e.getMessage(),
          e);
    }
  }
}
