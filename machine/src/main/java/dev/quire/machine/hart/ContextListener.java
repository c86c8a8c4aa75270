package dev.quire.machine.hart;

/** Told when CSRs that steer address translation have changed; in practice the hart's MMU. */
@FunctionalInterface
public interface ContextListener {
  /** The mode, or a translation field of the status, address-translation or envcfg CSRs. */
  void contextChanged();

  /** A PMP entry: permissions that were cached with translations no longer hold. */
  default void protectionChanged() {
    contextChanged();
  }
}
