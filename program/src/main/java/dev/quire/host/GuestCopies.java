package dev.quire.host;

import dev.quire.control.ControlFolder;
import dev.quire.host.GuestMaker.Copied;
import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.SavedState;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.OutOfFrames;
import dev.quire.monitor.memory.PageState;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.AgentChannel;
import dev.quire.run.DiskChoice;
import dev.quire.save.SaveFile;
import dev.quire.save.SaveWriter;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Guests that go on from what others were: clones, and those restored from saves. All but the pages
 * is one stream of sections: the conversation with the agent, the console's last text, the pages
 * that the balloon has, and what {@link VirtualMachine#save} writes. On the thread of the machine's
 * clock.
 */
final class GuestCopies {
  private static final int PAGE = 4096;
  private static final String AGENT = "agent";
  private static final String CONSOLE = "console";
  private static final String BALLOON = "balloon";

  private final HostSession session;

  GuestCopies(HostSession session) {
    this.session = session;
  }

  /**
   * A guest that was made.
   *
   * @param bytes of memory that it shares, or that were read
   * @param nanos of the host's time, from the source's stop or the first byte
   */
  record Made(HostedVm vm, long bytes, long nanos) {}

  // ---- clones --------------------------------------------------------------------------------

  /**
   * Clones a guest that runs, or stands still. A {@link UserError} if that is not possible; before
   * the first is made, if the mins of all do not fit.
   *
   * @param prefix of their names: the first PREFIX-n that no guest has
   */
  List<Made> clone(HostedVm source, int count, String prefix) {
    VirtualMachine vm = source.running();
    checkDisks(source.entry(), "cloned");
    Limits limits = session.limits(source.name());
    List<VmEntry> entries = new ArrayList<>();
    for (String name : freeNames(prefix, count)) {
      entries.add(source.entry().copy(name, limits, vm.choice()));
    }
    checkFit(entries);
    List<Made> clones = new ArrayList<>();
    try {
      for (VmEntry entry : entries) {
        Made made = clone(source, vm, entry);
        clones.add(made);
        session.tell(entry.name(), "guest", text(source, made));
      }
      return clones;
    } finally {
      session.guestsChanged();
    }
  }

  /** What became of a clone, as a sentence. */
  static String text(HostedVm source, Made made) {
    return String.format(
        Locale.ROOT,
        "%s is a clone of %s: %d MiB shared in %.1f ms.",
        made.vm().name(),
        source.name(),
        made.bytes() >> 20,
        made.nanos() / 1e6);
  }

  private Made clone(HostedVm source, VirtualMachine vm, VmEntry entry) {
    long begin = System.nanoTime();
    HostedVm made =
        vm.whileStopped(
            () -> {
              byte[] state = state(source, vm, new BitSet());
              GuestMemory from = vm.memory();
              Copied copied = read(state, entry.name(), (memory, taken) -> memory.copyFrom(from));
              return add(entry, session.maker().like(source.name()), copied);
            });
    long nanos = System.nanoTime() - begin;
    GuestMemory memory = made.running().memory();
    return new Made(made, (long) memory.counts().shared() * PAGE, nanos);
  }

  private static void checkDisks(VmEntry entry, String what) {
    for (DiskChoice disk : entry.disks()) {
      if (disk.access() == DiskChoice.Access.READ_WRITE) {
        throw UserError.of(
            "The guest %s cannot be %s: it writes its disk %s in place; with ro or cow behind the"
                + " disk's name it could be.",
            entry.name(), what, disk.file());
      }
    }
  }

  private List<String> freeNames(String prefix, int count) {
    List<String> taken = session.vms().stream().map(HostedVm::name).toList();
    List<String> names = new ArrayList<>();
    for (int number = 1; names.size() < count; number++) {
      String name = prefix + "-" + number;
      if (!taken.contains(name)) {
        ControlFolder.checkName(name);
        names.add(name);
      }
    }
    return names;
  }

  private void checkFit(List<VmEntry> entries) {
    long mins = 0;
    long overhead = 0;
    for (VmEntry entry : entries) {
      mins += entry.min();
      overhead += HostSession.overhead(entry);
    }
    long missing = session.manager().missingFor(mins, overhead);
    if (missing > 0) {
      throw UserError.of(
          "%s cannot begin: a min of %s and %s for tables are %s more than is left beside the mins"
              + " of the others.",
          String.join(", ", entries.stream().map(VmEntry::name).toList()),
          HostSession.mib(mins),
          HostSession.mib(overhead),
          HostSession.mib(missing));
    }
  }

  // ---- state ---------------------------------------------------------------------------------

  private static byte[] state(HostedVm source, VirtualMachine vm, BitSet ballooned) {
    return state(source.agent(), source.console(), vm, ballooned);
  }

  /** What a copy goes on from, but for the pages; while no vCPU runs. */
  static byte[] state(
      AgentChannel conversation, HostedConsole console, VirtualMachine vm, BitSet ballooned) {
    CopiedState bytes = new CopiedState();
    StateWriter out = new StateWriter(bytes);
    out.section(AGENT, conversation::save);
    out.section(CONSOLE, part -> part.putCounted(console.tail()));
    out.section(BALLOON, part -> part.putCounted(ballooned.toByteArray()));
    vm.save(out);
    return bytes.toByteArray();
  }

  /** Fills a memory; {@code ballooned} says which pages the balloon had. */
  interface Pages {
    void fill(GuestMemory memory, BitSet ballooned);
  }

  /** What {@link #state} wrote; a {@link StateFault} if it is damaged. */
  static Copied read(byte[] state, String name, Pages pages) {
    StateReader in = new StateReader(new ByteArrayInputStream(state));
    AgentChannel[] conversation = new AgentChannel[1];
    byte[][] console = new byte[1][];
    BitSet ballooned = new BitSet();
    in.section(AGENT, part -> conversation[0] = new AgentChannel(part));
    in.section(CONSOLE, part -> console[0] = part.getCounted("a text", HostedConsole.SIZE));
    in.section(
        BALLOON,
        part -> ballooned.or(BitSet.valueOf(part.getCounted("a set", StateWriter.MAX_SECTION))));
    Consumer<GuestMemory> filler = memory -> pages.fill(memory, ballooned);
    long seed = 31L * Arrays.hashCode(state) + name.hashCode();
    return new Copied(
        Objects.requireNonNull(conversation[0]),
        Objects.requireNonNull(console[0]),
        new SavedState(in, filler),
        seed);
  }

  private HostedVm add(VmEntry entry, @Nullable VmEntry like, Copied copied) {
    try {
      return session.add(entry, like, copied);
    } catch (OutOfFrames e) {
      throw new UserError(
          "The machine has too little free memory now for %s: try again, or give some guest less."
              .formatted(entry.name()),
          e);
    } catch (UncheckedIOException e) {
      throw new UserError(
          "%s cannot begin: what was written on its disks cannot be copied: %s."
              .formatted(entry.name(), e.getMessage()),
          e);
    }
  }

  // ---- saves ---------------------------------------------------------------------------------

  /**
   * Saves a guest, which stands still meanwhile, all but {@link SaveWriter#finish}; for how many
   * nanoseconds it did.
   */
  long save(HostedVm source, SaveWriter to) {
    VirtualMachine vm = source.running();
    Limits limits = session.limits(source.name());
    VmEntry entry = source.entry().copy(source.name(), limits, vm.choice());
    checkDisks(entry, "saved");
    String description = SavedGuest.of(entry).json();
    long begin = System.nanoTime();
    byte[] state =
        vm.whileStopped(
            () -> {
              BitSet ballooned = writePages(vm.memory(), to);
              return state(source, vm, ballooned);
            });
    long nanos = System.nanoTime() - begin;
    to.end(state, description);
    return nanos;
  }

  /** Which pages the balloon has. */
  private static BitSet writePages(GuestMemory memory, SaveWriter to) {
    BitSet ballooned = new BitSet();
    byte[] page = new byte[PAGE];
    long first = memory.base() / PAGE;
    for (int number = 0; number < memory.size() / PAGE; number++) {
      if (memory.peek(first + number, page) == PageState.BALLOONED) {
        ballooned.set(number);
      }
      to.page(number, page);
    }
    return ballooned;
  }

  /**
   * A guest that goes on from a save.
   *
   * @param name null for the name that it had
   * @param paging null for the method that it was under
   */
  Made restore(SaveFile file, @Nullable String name, @Nullable PagingChoice paging) {
    SavedGuest saved = SavedGuest.read(file);
    VmEntry entry =
        saved.entry(name == null ? saved.name() : name, paging == null ? saved.paging() : paging);
    if (session.vms().stream().anyMatch(vm -> vm.name().equals(entry.name()))) {
      throw UserError.of(
          "There is a guest %s already: choose another --name for the one of %s.",
          entry.name(), file.path());
    }
    checkFit(List.of(entry));
    long begin = System.nanoTime();
    HostedVm vm = restore(file, entry);
    Made made = new Made(vm, file.pages() * PAGE, System.nanoTime() - begin);
    session.tell(entry.name(), "guest", text(file, made));
    session.guestsChanged();
    return made;
  }

  /** What became of a save, as a sentence. */
  static String text(SaveFile file, Made made) {
    return String.format(
        Locale.ROOT,
        "%s goes on from %s: %s read in %.0f ms.",
        made.vm().name(),
        file.path(),
        HostSession.mib(made.bytes()),
        made.nanos() / 1e6);
  }

  private HostedVm restore(SaveFile file, VmEntry entry) {
    try {
      Copied copied =
          read(file.state(), entry.name(), (memory, taken) -> fill(memory, file, taken));
      return add(entry, likeOf(entry), copied);
    } catch (StateFault e) {
      throw new UserError(
          "The saved guest %s is damaged: %s".formatted(file.path(), e.getMessage()), e);
    }
  }

  private static void fill(GuestMemory memory, SaveFile file, BitSet ballooned) {
    file.forEachPage(
        (number, bytes, offset) -> {
          try {
            memory.write(memory.base() + (long) number * PAGE, bytes, offset, PAGE);
          } catch (DmaFault e) {
            throw new IllegalStateException("page " + number, e);
          }
        });
    ballooned.stream().forEach(number -> memory.balloon(memory.base() / PAGE + number));
  }

  /** A guest of the host's file that starts from the same. */
  private @Nullable VmEntry likeOf(VmEntry entry) {
    for (VmEntry other : session.config().vms()) {
      if (Objects.equals(absolute(other.kernel()), entry.kernel())
          && Objects.equals(absolute(other.initrd()), entry.initrd())
          && other.disks().isEmpty() == entry.disks().isEmpty()
          && (other.swapDisk() == 0) == (entry.swapDisk() == 0)) {
        return other;
      }
    }
    return null;
  }

  private static @Nullable Path absolute(@Nullable Path path) {
    return path == null ? null : path.toAbsolutePath();
  }
}
