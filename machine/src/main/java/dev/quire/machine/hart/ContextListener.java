package dev.quire.machine.hart;

/** Told when CSRs that steer address translation have changed; in practice the hart's MMU. */
@FunctionalInterface
public interface ContextListener {
  /** The mode, or a translation field of the status, address-translation, envcfg or PMP CSRs. */
  void contextChanged();
}
