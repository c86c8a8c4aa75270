package dev.quire.bench;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.sharing.ScanCounters;
import dev.quire.monitor.sharing.Scanner;
import dev.quire.monitor.sharing.Sharing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast equal pages are found and merged, in memory of VMs that do not run. */
@Command(
    name = "sharing",
    mixinStandardHelpOptions = true,
    description = {
      "Fills memory of several VMs, of which half are copies of the other half, and scans it once:",
      "hash, index, verify, merge. With --ksm, then has the kernel's KSM merge the same content."
    })
final class SharingBench implements Callable<Integer> {
  private static final int PAGE = (int) PhysicalMemory.FRAME_SIZE;
  private static final long RAM = 0x8000_0000L;
  private static final int BATCH = 256;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  @Option(names = "--mib", defaultValue = "1024", description = "Of all VMs together.")
  private int mib = 1024;

  @Option(names = "--vms", defaultValue = "4", description = "How many, all of one size.")
  private int vms = 4;

  @Option(names = "--rounds", defaultValue = "5", description = "The first warm the JVM up.")
  private int rounds = 5;

  @Option(names = "--sequential", description = "VM by VM, page by page, and not at random.")
  private boolean sequential;

  @Option(names = "--ksm", description = "KSM, too; takes root, and sets KSM back afterwards.")
  private boolean ksm;

  @Override
  public Integer call() throws DmaFault, IOException, InterruptedException {
    if (mib < 2 * vms || vms < 1 || rounds < 1) {
      throw new UserError("At least 1 VM of 2 MiB, and 1 round.");
    }
    System.out.println("round   pages  pages_shared  pages_sharing  CPU s  Mpages/CPU s  Mpages/s");
    for (int round = 1; round <= rounds; round++) {
      round(round);
    }
    if (ksm) {
      kernel((mib << 20) / PAGE);
    }
    return 0;
  }

  private static void kernel(int pages) throws IOException, InterruptedException {
    try (Arena arena = Arena.ofConfined();
        KernelSamePages kernel = new KernelSamePages()) {
      MemorySegment memory = KernelSamePages.mergeable(arena, (long) pages * PAGE);
      byte[] page = new byte[PAGE];
      for (int i = 0; i < pages; i++) {
        fill(page, i, pages);
        MemorySegment.copy(page, 0, memory, ValueLayout.JAVA_BYTE, (long) i * PAGE, PAGE);
      }
      KernelSamePages.Result result = kernel.merge();
      System.out.printf(
          Locale.ROOT,
          "  KSM %7d %13d %14d %6.3f %13.2f %9.2f  (looked at %d pages)%n",
          pages,
          result.shared(),
          result.sharing(),
          result.cpu(),
          pages / result.cpu() / 1e6,
          pages / result.seconds() / 1e6,
          result.scanned());
    }
  }

  private void round(int number) throws DmaFault {
    int pages = (mib << 20) / PAGE / vms;
    try (PhysicalMemory memory = new PhysicalMemory(RAM, (long) mib << 20)) {
      FrameTable frames = new FrameTable(memory);
      List<GuestMemory> guests = new ArrayList<>();
      var order = sequential ? Sharing.Order.SEQUENTIAL : Sharing.Order.RANDOM;
      var pace = new Sharing.Pace.Rate(1);
      Scanner scanner =
          new Scanner(new Sharing(Sharing.Mode.GROUP, order, pace, number), memory, frames);
      for (int vm = 1; vm <= vms; vm++) {
        GuestMemory guest =
            new GuestMemory(memory, frames, null, vm, RAM, (long) pages * PAGE, false);
        guest.join(1);
        guests.add(guest);
        scanner.add(guest, Runnable::run);
      }
      fill(guests, pages);
      measure(number, scanner, frames, guests);
    }
  }

  private static void fill(List<GuestMemory> guests, int pages) throws DmaFault {
    int total = guests.size() * pages;
    byte[] page = new byte[PAGE];
    for (int i = 0; i < total; i++) {
      fill(page, i, total);
      guests.get(i / pages).write(RAM + (long) (i % pages) * PAGE, page, 0, PAGE);
    }
  }

  /** Page i of all has the content of page i - n/2, at another place of the memory. */
  private static void fill(byte[] page, int number, int total) {
    SplittableRandom random = new SplittableRandom(number % ((total + 1) / 2));
    ByteBuffer words = ByteBuffer.wrap(page);
    while (words.hasRemaining()) {
      words.putLong(random.nextLong());
    }
  }

  private static void measure(
      int round, Scanner scanner, FrameTable frames, List<GuestMemory> guests) {
    long begun = System.nanoTime();
    long cpuBegun = THREADS.getCurrentThreadCpuTime();
    while (scanner.counters().passes() == 0) {
      scanner.scan(BATCH);
    }
    double cpu = (THREADS.getCurrentThreadCpuTime() - cpuBegun) / 1e9;
    double seconds = (System.nanoTime() - begun) / 1e9;
    ScanCounters counters = scanner.counters();
    long leaves = guests.stream().mapToLong(guest -> guest.counts().shared()).sum();
    int shared = frames.counts().shared();
    System.out.printf(
        Locale.ROOT,
        "%5d %7d %13d %14d %6.3f %13.2f %9.2f%n",
        round,
        counters.scanned(),
        shared,
        leaves - shared,
        cpu,
        counters.scanned() / cpu / 1e6,
        counters.scanned() / seconds / 1e6);
  }
}
