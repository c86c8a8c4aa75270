package dev.quire.bench;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.ReadOnlyStore;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How much of 100 MiB that a guest drops comes back to the machine by free page reporting, and how
 * soon: Linux reports free blocks of 2^order pages and more.
 */
@Command(
    name = "reports",
    mixinStandardHelpOptions = true,
    description = "Drops 100 MiB in a guest, and shows what each order of page reporting returns.")
final class ReportBench implements Callable<Integer> {
  private static final long MEMORY = 256L << 20;
  private static final String COMMAND_LINE =
      "console=ttyS0 cryptomgr.notests=1 page_reporting.page_reporting_order=";
  private static final String MARK = "[drop]";

  /** After the drop. */
  private static final List<Integer> SECONDS = List.of(2, 5, 10);

  /** What is dropped, in bytes, and the command that does it once it has printed the mark. */
  private record Drop(String name, long bytes, String command) {}

  private static final List<Drop> DROPS =
      List.of(
          new Drop(
              "a tmpfs file",
              100L << 20,
              """
              mount -t tmpfs -o size=110m tmpfs /mnt
              dd if=/dev/zero of=/mnt/x bs=1M count=100 2>/dev/null
              echo '[drop]'; rm /mnt/x; sleep 11
              """),
          new Drop(
              "page cache",
              100L << 20,
              """
              dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null
              echo '[drop]'; echo 3 >/proc/sys/vm/drop_caches; sleep 11
              """),
          new Drop(
              "7 of 8 small files",
              7L * 50 << 18,
              """
              mount -t tmpfs -o size=110m tmpfs /mnt
              for i in $(seq 400); do dd if=/dev/zero of=/mnt/$i bs=256k count=1 2>/dev/null; done
              echo '[drop]'
              for i in $(seq 400); do [ $((i % 8)) = 0 ] || rm /mnt/$i; done; sleep 11
              """));

  @Parameters(
      paramLabel = "ORDER",
      arity = "1..*",
      description = "Smallest order to be reported, 0 to 10; Linux's own choice is 9.")
  private List<Integer> orders = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    for (int order : orders) {
      if (order < 0 || order > 10) {
        throw new UserError("Order " + order + " is not possible: 0 to 10 are.");
      }
    }
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    System.out.println("dropped              order    2 s    5 s   10 s   instructions");
    for (Drop drop : DROPS) {
      for (int order : orders) {
        Watch watch = measure(image, order, drop.command);
        System.out.printf(
            Locale.ROOT,
            "%-20s %5d %5.1f%% %5.1f%% %5.1f%% %,14d%n",
            drop.name,
            order,
            100.0 * watch.returned.get(0) / drop.bytes,
            100.0 * watch.returned.get(1) / drop.bytes,
            100.0 * watch.returned.get(2) / drop.bytes,
            watch.instructions);
      }
    }
    return 0;
  }

  /** Counts what has come back since the command printed the mark, and the guest's work. */
  private static final class Watch {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final List<Long> returned = new ArrayList<>();
    private boolean dropped;
    private long instructions;

    void receive(VirtualMachine vm, byte[] bytes, int offset, int length) {
      output.write(bytes, offset, length);
      if (!dropped && text().contains(MARK)) {
        dropped = true;
        long resident = vm.memory().resident();
        long before = vm.instructions();
        for (int after : SECONDS) {
          vm.clock()
              .schedule(
                  after * 1_000_000_000L,
                  () -> {
                    returned.add(resident - vm.memory().resident());
                    instructions = vm.instructions() - before;
                  });
        }
      }
    }

    String text() {
      return output.toString(StandardCharsets.UTF_8);
    }
  }

  private static Watch measure(GuestImage image, int order, String command) throws IOException {
    VmConfig config =
        new VmConfig.Builder(new GuestFile("Debian's kernel", Files.readAllBytes(image.kernel())))
            .initrd(
                new GuestFile(
                    "the initramfs",
                    Initramfs.build(image, Initramfs.Options.of(MEMORY).withDisks(true))))
            .memory(MEMORY)
            .disks(List.of(new Disk()))
            .balloon(true)
            .append(COMMAND_LINE + order)
            .build();
    Watch watch = new Watch();
    VirtualMachine[] vm = new VirtualMachine[1];
    try (GuestRun run =
        new GuestRun(
            config,
            GuestConsole.kept(true),
            command,
            (bytes, offset, length) -> watch.receive(vm[0], bytes, offset, length))) {
      vm[0] = run.vm();
      if (run.exec() != 0 || watch.returned.size() < SECONDS.size()) {
        throw new UserError("The guest's command failed:\n" + watch.text());
      }
    }
    return watch;
  }

  /** A disk of 100 MiB, all sectors alike. */
  private static final class Disk implements ReadOnlyStore {
    @Override
    public long sectors() {
      return (100L << 20) / SECTOR;
    }

    @Override
    public void read(long sector, byte[] to, int offset, int length) {
      Arrays.fill(to, offset, offset + length, (byte) 'x');
    }
  }
}
