package dev.quire.host;

import dev.quire.host.HostSession.Boot;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.Machine;
import dev.quire.monitor.SavedState;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.run.AgentChannel;
import dev.quire.run.DiskChoice;
import dev.quire.run.ProxyChoice;
import dev.quire.run.SwapDiskChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the virtual machines of a host's guests: such that boot, and copies that go on. */
final class GuestMaker {
  /** Guests report free pages of every size: what they drop comes back soon (docs/numbers.md). */
  private static final String COMMAND_LINE =
      "console=ttyS0 panic=-1 page_reporting.page_reporting_order=0 ";

  private final Machine machine;
  private final boolean countsInstructions;
  private final Sampler.Settings sampling;
  private final Function<VmEntry, Boot> boots;

  /** By name: the guest of the host's file whose boot it shares. */
  private final Map<String, VmEntry> likes = new HashMap<>();

  GuestMaker(
      Machine machine,
      boolean countsInstructions,
      Sampler.Settings sampling,
      Function<VmEntry, Boot> boots) {
    this.machine = machine;
    this.countsInstructions = countsInstructions;
    this.sampling = sampling;
    this.boots = boots;
  }

  /**
   * What a guest goes on from that was copied.
   *
   * @param conversation with its agent, where the other's was
   * @param console what its console shows already
   * @param seed of what is random in it from now on, on the instruction clock
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Copied(AgentChannel conversation, byte[] console, SavedState state, long seed) {}

  /** Says what a guest starts from: what {@code like} does; from nothing if that is null. */
  void boots(VmEntry entry, @Nullable VmEntry like) {
    if (like == null) {
      likes.remove(entry.name());
    } else {
      likes.put(entry.name(), like);
    }
  }

  /** The guest of the host's file that one of that name boots like; null if it cannot boot. */
  @Nullable VmEntry like(String name) {
    return likes.get(name);
  }

  /** Makes a VM that boots; a {@link UserError} if that is not possible. */
  HostedVm.Factory booting(VmEntry entry) {
    return (power, computer, console, agent) -> {
      VmEntry like = likes.get(entry.name());
      if (like == null) {
        throw UserError.of(
            "The guest %s cannot boot: it was restored from a file, and no guest of the host's file"
                + " starts from what it did. Restore it again, under another name.",
            entry.name());
      }
      Boot boot = boots.apply(like);
      VmConfig.Builder config = new VmConfig.Builder(boot.kernel()).initrd(boot.initrd());
      long seed = entry.name().hashCode();
      return withDisks(
          entry,
          disks ->
              new VirtualMachine(
                  describe(config, entry, disks, seed), machine, power, computer, console, agent));
    };
  }

  /**
   * Makes a VM that goes on from a copied state, in a generation of its own. A {@link UserError},
   * OutOfFrames or StateFault if that is not possible.
   */
  HostedVm.Factory copying(VmEntry entry, Copied copied) {
    return (power, computer, console, agent) ->
        withDisks(
            entry,
            disks -> {
              VmConfig.Builder config = new VmConfig.Builder(GuestFile.NONE);
              VirtualMachine made =
                  new VirtualMachine(
                      describe(config, entry, disks, copied.seed()),
                      machine,
                      power,
                      computer,
                      console,
                      agent,
                      copied.state());
              made.newGeneration();
              return made;
            });
  }

  /** Makes a VM with the disks of {@code entry}, which it will close. */
  private static VirtualMachine withDisks(
      VmEntry entry, Function<List<BlockStore>, VirtualMachine> maker) {
    List<BlockStore> disks = new ArrayList<>();
    try {
      for (DiskChoice disk : entry.disks()) {
        disks.add(disk.open());
      }
      return maker.apply(disks);
    } catch (RuntimeException e) {
      disks.forEach(GuestMaker::close);
      throw e;
    }
  }

  private static void close(BlockStore disk) {
    try {
      disk.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private VmConfig describe(
      VmConfig.Builder config, VmEntry entry, List<BlockStore> disks, long seed) {
    ProxyChoice proxy = entry.proxy();
    String swap = SwapDiskChoice.append(entry.swapDisk(), disks.size());
    return config
        .memory(entry.memory())
        .cpus(entry.cpus())
        .append((COMMAND_LINE + swap.strip() + " " + entry.append()).strip())
        .disks(disks)
        .swapDisk(entry.swapDisk())
        .paging(entry.paging())
        .balloon(entry.balloon())
        .proxy(proxy == null ? null : proxy.settings(entry.memory()))
        .diskNanos(entry.diskNanos())
        .countsInstructions(countsInstructions)
        .sampling(sampling)
        .seed(seed)
        .build();
  }
}
