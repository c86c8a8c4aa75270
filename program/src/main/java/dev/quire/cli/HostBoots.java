package dev.quire.cli;

import dev.quire.host.GuestPrograms;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.run.DiskChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the guests of a host start from. Equal files are read, brought or built once. */
final class HostBoots {
  private HostBoots() {}

  /** What decides what a guest starts from. */
  private record Kind(@Nullable Path kernel, @Nullable Path initrd, boolean disks, boolean swap) {
    static Kind of(VmEntry vm) {
      return new Kind(vm.kernel(), vm.initrd(), !vm.disks().isEmpty(), vm.swapDisk() > 0);
    }
  }

  /** Brings what is missing from a mirror; a {@link UserError} if something is not to be had. */
  static Map<VmEntry, HostSession.Boot> prepare(List<VmEntry> vms, MirrorOptions mirror) {
    checkDisks(vms);
    Map<String, byte[]> programs = GuestPrograms.files();
    Map<Kind, HostSession.Boot> kinds = new HashMap<>();
    Map<VmEntry, HostSession.Boot> boots = new HashMap<>();
    // The smallest first: if the kernel starts there, it does in all.
    for (VmEntry vm : vms.stream().sorted(Comparator.comparingLong(VmEntry::memory)).toList()) {
      boots.put(
          vm, kinds.computeIfAbsent(Kind.of(vm), kind -> prepare(kind, vm, programs, mirror)));
    }
    return boots;
  }

  /** That all of them can be opened, together. */
  private static void checkDisks(List<VmEntry> vms) {
    List<BlockStore> opened = new ArrayList<>();
    try {
      for (VmEntry vm : vms) {
        for (DiskChoice disk : vm.disks()) {
          opened.add(disk.open());
        }
      }
    } finally {
      DiskOption.closeAll(opened);
    }
  }

  private static HostSession.Boot prepare(
      Kind kind, VmEntry vm, Map<String, byte[]> programs, MirrorOptions mirror) {
    ProgressBar.onStandardError().note("Preparing what " + vm.name() + " starts from ...");
    GuestFiles files =
        GuestFiles.prepare(
            new GuestFiles.Request(
                kind.kernel(),
                kind.initrd(),
                null,
                kind.disks(),
                kind.swap(),
                vm.memory(),
                programs),
            mirror);
    return new HostSession.Boot(files.kernel(), files.initrd());
  }
}
