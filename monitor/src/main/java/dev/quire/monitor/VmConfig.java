package dev.quire.monitor;

import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.paging.GStageMode;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.monitor.proxy.SwapDisk;
import dev.quire.monitor.sampling.Sampler;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual machine is made of; with the instruction clock, everything that a run depends on.
 *
 * @param memory bytes of RAM, a multiple of 2 MiB
 * @param cpus number of vCPUs, 1 to {@link #MAX_CPUS}
 * @param kernel a Linux Image, an ELF64, or a flat file for RAM + 2 MiB
 * @param initrd an initramfs
 * @param append the kernel's command line
 * @param disks virtio disks, vda first; the VM closes them
 * @param balloon whether it has a memory balloon; not under native paging, where no page can go
 * @param paging how the guest's memory is virtualized
 * @param gstage format of the P2M, under nested paging
 * @param largePages whether the P2M maps 2 MiB at a time where it can
 * @param guestMode the largest format of the guest's own tables
 * @param updatesAd whether hardware sets the guest's accessed and dirty bits (Svadu), or faults
 *     (Svade)
 * @param mmu sizes of TLBs and walk caches
 * @param countsInstructions whether time is the number of instructions, else the host's
 * @param sampling how its use of memory is estimated, unless it is native
 * @param proxy how a part of its memory serves as a cache in the monitor; null: none does. It needs
 *     a balloon
 * @param swapDisk bytes of a disk to swap to, the last of its disks; 0: none
 * @param diskNanos guest time that a disk needs for a request in addition if it must go to the disk
 *     itself, and not only to the monitor's memory
 * @param seed of everything that is random in the VM
 */
public record VmConfig(
    long memory,
    int cpus,
    GuestFile kernel,
    @Nullable GuestFile initrd,
    String append,
    List<BlockStore> disks,
    boolean balloon,
    PagingChoice paging,
    GStageMode gstage,
    boolean largePages,
    GuestMode guestMode,
    boolean updatesAd,
    MmuConfig mmu,
    boolean countsInstructions,
    Sampler.Settings sampling,
    ProxyMemory.@Nullable Settings proxy,
    long swapDisk,
    long diskNanos,
    long seed) {
  public static final int MAX_CPUS = 8;
  public static final int MAX_DISKS = 6;

  /** Checks what a user may have got wrong. */
  public VmConfig {
    if (memory <= 0 || memory % MemorySize.UNIT != 0) {
      throw UserError.of("Memory of %d bytes is not a multiple of 2M.", memory);
    }
    disks = List.copyOf(disks);
    int count = disks.size() + (swapDisk == 0 ? 0 : 1);
    if (count > MAX_DISKS) {
      throw UserError.of(
          "A virtual machine has at most %d disks, not %d%s.",
          MAX_DISKS, count, swapDisk == 0 ? "" : ", the one to swap to included");
    }
    if (swapDisk != 0) {
      var _ = SwapDisk.checked(swapDisk);
    }
    if (cpus < 1 || cpus > MAX_CPUS) {
      throw UserError.of("A virtual machine has 1 to %d CPUs, not %d.", MAX_CPUS, cpus);
    }
    if (balloon && paging == PagingChoice.NATIVE) {
      throw new UserError("A native guest has no balloon: its memory is the machine's own.");
    }
    if (proxy != null && !balloon) {
      throw new UserError("Proxy memory needs a balloon, which takes it from the guest.");
    }
    if (proxy != null && proxy.own() > memory) {
      throw UserError.of(
          "A guest of %d MiB cannot keep %d MiB beside its proxy memory.",
          memory >> 20, proxy.own() >> 20);
    }
  }

  /** A configuration under construction, with defaults for all but the kernel. */
  public static final class Builder {
    private final GuestFile kernel;
    private long memory = 256L << 20;
    private int cpus = 1;
    private @Nullable GuestFile initrd;
    private String append = "";
    private List<BlockStore> disks = List.of();
    private boolean balloon;
    private PagingChoice paging = PagingChoice.NESTED;
    private GStageMode gstage = GStageMode.SV48X4;
    private boolean largePages;
    private GuestMode guestMode = GuestMode.SV48;
    private boolean updatesAd;
    private MmuConfig mmu = MmuConfig.standard();
    private boolean countsInstructions = true;
    private Sampler.Settings sampling = Sampler.Settings.STANDARD;
    private ProxyMemory.@Nullable Settings proxy;
    private long swapDisk;
    private long diskNanos;
    private long seed;

    public Builder(GuestFile kernel) {
      this.kernel = Objects.requireNonNull(kernel);
    }

    public Builder memory(long bytes) {
      memory = bytes;
      return this;
    }

    public Builder cpus(int count) {
      cpus = count;
      return this;
    }

    public Builder initrd(@Nullable GuestFile file) {
      initrd = file;
      return this;
    }

    public Builder append(String commandLine) {
      append = commandLine;
      return this;
    }

    public Builder disks(List<BlockStore> stores) {
      disks = stores;
      return this;
    }

    public Builder balloon(boolean present) {
      balloon = present;
      return this;
    }

    public Builder paging(PagingChoice choice) {
      paging = choice;
      return this;
    }

    public Builder gstage(GStageMode mode) {
      gstage = mode;
      return this;
    }

    public Builder largePages(boolean large) {
      largePages = large;
      return this;
    }

    public Builder guestMode(GuestMode mode) {
      guestMode = mode;
      return this;
    }

    public Builder updatesAd(boolean byHardware) {
      updatesAd = byHardware;
      return this;
    }

    public Builder mmu(MmuConfig config) {
      mmu = config;
      return this;
    }

    public Builder countsInstructions(boolean counts) {
      countsInstructions = counts;
      return this;
    }

    public Builder sampling(Sampler.Settings settings) {
      sampling = settings;
      return this;
    }

    public Builder proxy(ProxyMemory.@Nullable Settings settings) {
      proxy = settings;
      return this;
    }

    public Builder swapDisk(long bytes) {
      swapDisk = bytes;
      return this;
    }

    public Builder diskNanos(long nanos) {
      diskNanos = nanos;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public VmConfig build() {
      return new VmConfig(
          memory,
          cpus,
          kernel,
          initrd,
          append,
          disks,
          balloon,
          paging,
          gstage,
          largePages,
          guestMode,
          updatesAd,
          mmu,
          countsInstructions,
          sampling,
          proxy,
          swapDisk,
          diskNanos,
          seed);
    }
  }
}
