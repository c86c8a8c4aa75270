package dev.quire.monitor;

import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;

/** What of a VM's configuration must be the same for a saved state to fit it. */
record VmShape(long memory, int cpus, int virtioDevices, boolean updatesAd) {
  void save(StateWriter out) {
    out.putLong(memory);
    out.putInt(cpus);
    out.putInt(virtioDevices);
    out.putBoolean(updatesAd);
  }

  void check(StateReader in) {
    VmShape saved = new VmShape(in.getLong(), in.getInt(), in.getInt(), in.getBoolean());
    if (!saved.equals(this)) {
      throw StateFault.of("The saved state is of a VM with %s, not %s.", saved, this);
    }
  }

  @Override
  public String toString() {
    return "%d bytes of memory, %d CPUs, %d virtio devices and accessed bits set by %s"
        .formatted(memory, cpus, virtioDevices, updatesAd ? "hardware" : "the guest");
  }
}
