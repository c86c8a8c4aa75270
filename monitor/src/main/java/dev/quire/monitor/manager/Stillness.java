package dev.quire.monitor.manager;

/**
 * A time in which a VM stands still for want of memory, again and again for a step or two: told
 * once when it begins and once when it is over.
 */
final class Stillness {
  /** It is over when the VM was not held for so long. */
  private static final long OVER_NANOS = 1_000_000_000;

  private boolean told;
  private long held;

  /** What is to be told now, as the rest of a sentence that begins with the VM's name, or empty. */
  String follow(long now, boolean isHeld) {
    if (isHeld) {
      held = now;
    }
    if (isHeld && !told) {
      told = true;
      return " stands still until memory is free: it is over its target.";
    }
    if (told && now - held > OVER_NANOS) {
      told = false;
      return " goes on.";
    }
    return "";
  }
}
