package dev.quire.bench;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The host kernel's own way to share pages, KSM, at work on memory of this process, as fast as it
 * goes. Takes root. What was set before is set again when this is closed, or when the process is
 * asked to end.
 */
final class KernelSamePages implements AutoCloseable {
  private static final Path SETTINGS = Path.of("/sys/kernel/mm/ksm");
  private static final int NO_HUGE_PAGES = 15;
  private static final int MERGEABLE = 12;
  private static final int POLL_MILLIS = 5;

  /** A page is merged when it is met for the second time and has not changed. */
  private static final int SCANS_WITHOUT_CHANGE = 3;

  /** What is set while it runs; {@code run} is set last, and first back to 0. */
  private static final Map<String, String> WANTED =
      Map.of("pages_to_scan", "10000", "sleep_millisecs", "0", "smart_scan", "0");

  /** By file: what was set before. */
  private final Map<String, String> before = new LinkedHashMap<>();

  private final Path daemon;
  private final Thread atExit = new Thread(this::restore);

  /**
   * What it came to.
   *
   * @param shared frames that several pages map
   * @param sharing pages that gave their frame up
   * @param scanned pages looked at until then; each is looked at more than once
   * @param seconds until no more pages were merged
   * @param cpu seconds of the kernel's thread until then
   */
  record Result(long shared, long sharing, long scanned, double seconds, double cpu) {}

  /** A {@link UserError} where KSM cannot be used, or is in use. */
  KernelSamePages() throws IOException {
    if (!Files.isWritable(SETTINGS.resolve("run"))) {
      throw UserError.of("KSM: %s cannot be written here.", SETTINGS);
    }
    if (number("run") != 0 || number("pages_sharing") != 0) {
      throw UserError.of("KSM: it is in use already, and left alone.");
    }
    daemon = daemon();
    for (String name : WANTED.keySet()) {
      before.put(name, read(name));
    }
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** {@code /proc/N} of the kernel's thread. */
  private static Path daemon() throws IOException {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        Path name = process.resolve("comm");
        if (Files.exists(name) && Files.readString(name).equals("ksmd\n")) {
          return process;
        }
      }
    }
    throw UserError.of("KSM: there is no ksmd in /proc.");
  }

  /**
   * Pages of 4 KiB that KSM will look at.
   *
   * @param bytes how much, a multiple of 4 KiB
   */
  static MemorySegment mergeable(Arena arena, long bytes) {
    MemorySegment memory = arena.allocate(bytes, 4096);
    for (int advice : new int[] {NO_HUGE_PAGES, MERGEABLE}) {
      if (advise(memory, advice) != 0) {
        throw UserError.of("KSM: madvise %d is refused.", advice);
      }
    }
    return memory;
  }

  @SuppressWarnings("restricted")
  private static int advise(MemorySegment memory, int advice) {
    Linker linker = Linker.nativeLinker();
    MethodHandle madvise =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("madvise"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    try {
      return (int) madvise.invokeExact(memory, memory.byteSize(), advice);
    } catch (Throwable e) {
      throw new IllegalStateException("madvise", e);
    }
  }

  /** Has it merge what is mergeable, until scans find no more. */
  Result merge() throws IOException, InterruptedException {
    for (Map.Entry<String, String> setting : WANTED.entrySet()) {
      write(setting.getKey(), setting.getValue());
    }
    long scannedBefore = number("pages_scanned");
    long cpuBegun = cpuNanos();
    long begun = System.nanoTime();
    write("run", "1");
    Result last = new Result(0, 0, 0, 0, 0);
    long scans = number("full_scans");
    while (number("full_scans") - scans < SCANS_WITHOUT_CHANGE) {
      Thread.sleep(POLL_MILLIS);
      long sharing = number("pages_sharing");
      if (sharing != last.sharing) {
        scans = number("full_scans");
        long scanned = number("pages_scanned") - scannedBefore;
        double seconds = (System.nanoTime() - begun) / 1e9;
        double cpu = (cpuNanos() - cpuBegun) / 1e9;
        last = new Result(number("pages_shared"), sharing, scanned, seconds, cpu);
      }
    }
    return last;
  }

  /** Of the kernel's thread: the first field of schedstat is nanoseconds on a processor. */
  private long cpuNanos() throws IOException {
    return Long.parseLong(Files.readString(daemon.resolve("schedstat")).split(" ", 2)[0]);
  }

  private static long number(String name) throws IOException {
    return Long.parseLong(read(name));
  }

  private static String read(String name) throws IOException {
    return Files.readString(SETTINGS.resolve(name)).strip();
  }

  private static void write(String name, String value) throws IOException {
    Files.writeString(SETTINGS.resolve(name), value);
  }

  /** Takes all merged pages apart again, and sets what was set before. */
  private void restore() {
    try {
      write("run", "2");
      write("run", "0");
      for (Map.Entry<String, String> setting : before.entrySet()) {
        write(setting.getKey(), setting.getValue());
      }
    } catch (IOException e) {
      System.err.println("KSM: its settings could not be restored: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    restore();
  }
}
