package dev.quire.host;

import dev.quire.control.ControlFolder;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.DiskChoice;
import dev.quire.run.ProxyChoice;
import dev.quire.run.SwapDiskChoice;
import dev.quire.run.TraceChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One {@code [[vm]]}: a guest, and what it may get of the machine.
 *
 * @param name as {@link ControlFolder#checkName} allows
 * @param kernel a file that is there, or null for Debian's kernel
 * @param initrd a file that is there, or null for Quire's own
 * @param memory what the guest believes to have, in bytes, a multiple of 2 MiB
 * @param min what it keeps in any case, in bytes; at most max
 * @param max what it may hold at most, in bytes; at most memory
 * @param shares its weight against other guests', for memory and for the processor
 * @param group the guests among which pages may be shared
 * @param paging how its memory is virtualized, never {@link PagingChoice#NATIVE}
 * @param cpus number of vCPUs, 1 to {@link #MAX_CPUS}
 * @param swapDisk bytes of a disk to swap to, the last of its disks; 0: none
 * @param append more for the kernel's command line
 * @param exec a command that starts once the guest is up, or null
 * @param waitsForMemory true if it starts as soon as its min fits, false if it must fit at once
 * @param balloon true if it has a balloon device
 * @param proxy how a part of its memory serves as a cache, or null
 * @param diskNanos guest time that its disks need for a request
 * @param trace where its references go, or null
 */
public record VmEntry(
    String name,
    @Nullable Path kernel,
    @Nullable Path initrd,
    long memory,
    long min,
    long max,
    int shares,
    String group,
    PagingChoice paging,
    int cpus,
    List<DiskChoice> disks,
    long swapDisk,
    String append,
    @Nullable String exec,
    boolean waitsForMemory,
    boolean balloon,
    @Nullable ProxyChoice proxy,
    long diskNanos,
    @Nullable TraceChoice trace) {
  public static final int MAX_CPUS = 4;
  public static final int MAX_SHARES = 1_000_000;

  static final List<String> KEYS =
      List.of(
          "name",
          "image",
          "initrd",
          "memory",
          "min",
          "max",
          "shares",
          "group",
          "paging",
          "cpus",
          "disk",
          "swap_disk",
          "append",
          "exec",
          "start",
          "balloon",
          "proxy",
          "proxy_adapts",
          "proxy_check",
          "disk_latency",
          "trace_memory",
          "trace_filter");

  private static final String DEBIAN = "debian";
  private static final String AS_MEMORY_ALLOWS = "as memory allows";

  public VmEntry {
    disks = List.copyOf(disks);
  }

  /** A copy of this guest, under another name and as it is now; nobody traces it. */
  VmEntry copy(String copyName, Limits limits, PagingChoice pagingNow) {
    return new VmEntry(
        copyName,
        kernel,
        initrd,
        memory,
        limits.min(),
        limits.max(),
        limits.shares(),
        group,
        pagingNow,
        cpus,
        disks,
        swapDisk,
        append,
        exec,
        waitsForMemory,
        balloon,
        proxy,
        diskNanos,
        null);
  }

  /** The same with another command. */
  public VmEntry withExec(String command) {
    return new VmEntry(
        name,
        kernel,
        initrd,
        memory,
        min,
        max,
        shares,
        group,
        paging,
        cpus,
        disks,
        swapDisk,
        append,
        command,
        waitsForMemory,
        balloon,
        proxy,
        diskNanos,
        trace);
  }

  static VmEntry from(Section section) {
    String name = name(section);
    long memory = section.requiredSize("memory");
    long max = section.size("max", memory);
    long min = section.size("min", memory / 4);
    checkLimits(section, memory, min, max);
    return new VmEntry(
        name,
        section.string("image", DEBIAN).equals(DEBIAN) ? null : section.existingFile("image"),
        section.existingFile("initrd"),
        memory,
        min,
        max,
        section.whole("shares", 1, MAX_SHARES, 1000),
        section.string("group", name),
        paging(section),
        section.whole("cpus", 1, MAX_CPUS, 1),
        disks(section),
        swapDisk(section),
        section.string("append", ""),
        section.string("exec"),
        section.oneOf("start", List.of("now", AS_MEMORY_ALLOWS)).equals(AS_MEMORY_ALLOWS),
        section.flag("balloon", true),
        proxy(section, memory),
        section.time("disk_latency", "0"),
        trace(section));
  }

  private static @Nullable ProxyChoice proxy(Section section, long memory) {
    String own = section.flagOrString("proxy", ProxyChoice.STANDARD);
    boolean adapts = section.flag("proxy_adapts", true);
    boolean checks = section.flag("proxy_check", false);
    for (String key : List.of("proxy_adapts", "proxy_check")) {
      if (own == null && section.has(key)) {
        throw section.mistake(key, "%s says nothing without proxy.", key);
      }
    }
    if (own != null && !section.flag("balloon", true)) {
      throw section.mistake(
          "balloon", "proxy memory needs a balloon, which takes it from the guest.");
    }
    if (own == null) {
      return null;
    }
    ProxyChoice choice = new ProxyChoice(own, adapts, checks);
    var _ = section.parsed("proxy", () -> choice.settings(memory));
    return choice;
  }

  private static @Nullable TraceChoice trace(Section section) {
    Path file = section.path("trace_memory");
    int filter = section.whole("trace_filter", 1, TraceChoice.MOST_FILTER, TraceChoice.FILTER);
    if (file == null && section.has("trace_filter")) {
      throw section.mistake("trace_filter", "trace_filter says nothing without trace_memory.");
    }
    return file == null ? null : new TraceChoice(file, filter);
  }

  private static String name(Section section) {
    String name = section.required("name", "name = \"web\"");
    return section.parsed(
        "name",
        () -> {
          ControlFolder.checkName(name);
          return name;
        });
  }

  private static void checkLimits(Section section, long memory, long min, long max) {
    if (max > memory) {
      throw section.mistake(
          "max", "max is %s, more than memory, which is %s.", shown(max), shown(memory));
    }
    if (min > max) {
      boolean stated = section.has("min");
      throw section.mistake(
          stated ? "min" : "max",
          "min is %s%s, more than max, which is %s.",
          shown(min),
          stated ? "" : " (a quarter of memory, as none is given)",
          shown(max));
    }
  }

  private static String shown(long bytes) {
    return bytes % (1 << 20) == 0 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
  }

  private static PagingChoice paging(Section section) {
    String word = section.string("paging", PagingChoice.NESTED.word());
    try {
      PagingChoice choice = PagingChoice.parse(word);
      if (choice != PagingChoice.NATIVE) {
        return choice;
      }
    } catch (UserError unknown) {
      // said below, without native among what is possible
    }
    throw section.mistake(
        "paging",
        "paging = %s is not possible here: nested, shadow (or shadow-eager, shadow-unsync,"
            + " shadow-lazy) or protected.",
        Section.shown(word));
  }

  private static List<DiskChoice> disks(Section section) {
    List<DiskChoice> disks = new ArrayList<>();
    for (String text : section.strings("disk")) {
      disks.add(section.parsed("disk", () -> DiskChoice.parse(text, section.folder())));
    }
    int count = disks.size() + (section.has("swap_disk") ? 1 : 0);
    if (count > VmConfig.MAX_DISKS) {
      throw section.mistake(
          "disk", "a guest has at most %d disks, not %d.", VmConfig.MAX_DISKS, count);
    }
    return disks;
  }

  private static long swapDisk(Section section) {
    String text = section.string("swap_disk");
    return text == null ? 0 : section.parsed("swap_disk", () -> SwapDiskChoice.parse(text));
  }
}
