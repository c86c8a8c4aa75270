package dev.quire.cli;

import dev.quire.image.MirrorOptions;
import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.UserError;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.GuestMode;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.GStageMode;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that all commands with guests share: what a guest's memory and MMU are like. */
final class GuestOptions {
  /** Who sets the accessed and dirty bits of the guest's tables. */
  enum AccessedDirty {
    svade,
    svadu
  }

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "256M",
      description = "The guest's memory, a multiple of 2M (default ${DEFAULT-VALUE}).")
  private String memory = "";

  @Option(
      names = "--append",
      paramLabel = "STRING",
      description = "More for the kernel's command line, after console=ttyS0; repeatable.")
  private List<String> append = new ArrayList<>();

  @Option(
      names = "--gstage",
      paramLabel = "MODE",
      defaultValue = "SV48X4",
      description = "Format of the monitor's table: ${COMPLETION-CANDIDATES} (default Sv48x4).")
  private GStageMode gstage = GStageMode.SV48X4;

  @Option(
      names = "--gpage",
      paramLabel = "SIZE",
      defaultValue = "4k",
      description = "Pages of the monitor's table: 4k, or 2m where possible (default 4k).")
  private String gpage = "";

  @Option(
      names = "--guest-mode",
      paramLabel = "MODE",
      defaultValue = "SV48",
      description = "Format of the guest's tables: ${COMPLETION-CANDIDATES} (default Sv48).")
  private GuestMode guestMode = GuestMode.SV48;

  @Option(
      names = "--ad",
      paramLabel = "WHO",
      defaultValue = "svade",
      description =
          "Accessed and dirty bits: svade: a fault asks the guest to set them; svadu: the hardware"
              + " sets them (default ${DEFAULT-VALUE}).")
  private AccessedDirty ad = AccessedDirty.svade;

  @Option(
      names = "--tlb",
      paramLabel = "SIZES",
      defaultValue = "",
      description =
          "Entries of TLBs and walk caches, 0 or a power of two: l1=512,l2=2048,vspwc=64,gpwc=64,"
              + "nested=256 (the default).")
  private String tlb = "";

  @Mixin private MirrorOption mirror = new MirrorOption();

  /** Finds mistakes before anything is pulled or opened. */
  void check() {
    var _ = memory();
    var _ = mmu();
    var _ = largePages();
  }

  /** The guest's memory in bytes. */
  long memory() {
    return MemorySize.parse(memory);
  }

  MmuConfig mmu() {
    return TlbOption.parse(tlb);
  }

  MirrorOptions mirror() {
    return mirror.options();
  }

  private boolean largePages() {
    return switch (gpage) {
      case "4k", "4K" -> false;
      case "2m", "2M" -> true;
      default -> throw UserError.of("--gpage %s is unknown: 4k or 2m.", gpage);
    };
  }

  /**
   * A configuration with all of these options.
   *
   * @param commandLine of the kernel; --append comes after it
   */
  VmConfig.Builder configure(GuestFile kernel, String commandLine) {
    return new VmConfig.Builder(kernel)
        .memory(memory())
        .append((commandLine + " " + String.join(" ", append)).strip())
        .gstage(gstage)
        .largePages(largePages())
        .guestMode(guestMode)
        .updatesAd(ad == AccessedDirty.svadu)
        .mmu(mmu());
  }
}
