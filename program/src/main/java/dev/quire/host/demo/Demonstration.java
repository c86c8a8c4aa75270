package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostSession;
import dev.quire.host.HostView;
import dev.quire.host.VmEntry;
import dev.quire.machine.board.UserError;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What {@code quire up} without a file shows: the host, what its guests do, and the disk that one
 * of them reads.
 */
public final class Demonstration implements AutoCloseable {
  private static final String HOST = "host.toml";
  private static final String DISK = "cache.img";
  private static final int DISK_BLOCKS = 96 << 8;
  private static final int BLOCK = 4096;

  /** A second of the machine's time. */
  private static final long UNIT_MILLIS = 1000;

  /** Of the instruction clock, on which guests compute about six times as fast. */
  private static final long COMPRESSED_MILLIS = 400;

  private final Path folder;
  private final HostConfig config;
  private @Nullable Play play;

  /** Makes the disk, in a folder for temporary files that {@link #close} removes. */
  public Demonstration() {
    try {
      folder = Files.createTempDirectory("quire-demo");
      writeDisk(folder.resolve(DISK));
      config = BuiltIn.host(HOST, folder);
    } catch (IOException e) {
      throw new UserError("The demonstration's disk cannot be made: " + e + ".", e);
    }
  }

  /** No block is like another, and none is zero. */
  private static void writeDisk(Path file) throws IOException {
    byte[] block = new byte[BLOCK];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BLOCK)) {
      for (int i = 0; i < DISK_BLOCKS; i++) {
        byte[] label =
            "block %d of the demonstration's disk\n"
                .formatted(i)
                .getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(label, 0, block, 0, label.length);
        out.write(block);
      }
    }
  }

  public HostConfig config() {
    return config;
  }

  /**
   * Has the guests of a session begin when all are up; before it runs.
   *
   * @param nanos machine time for which they go on; {@link Long#MAX_VALUE} until the session ends
   * @param over runs when they have told what they did
   */
  public HostView.Words begin(HostSession session, long nanos, Runnable over) {
    play = new Play(session, scenario(), nanos, played -> over.run());
    return new DemoWords(session.config(), play, nanos);
  }

  /** What came of it; once the session has ended. */
  public DemoReport report(HostSession session) {
    Played played = play == null ? new Played(0, List.of()) : play.played();
    return new DemoReport(played, session.events().count());
  }

  /**
   * What would have been with memory in fixed parts. Takes about as long as the demonstration.
   *
   * @param progress is told now and then how far it is; on any thread
   */
  public Counterfactual counterfactual(
      Function<VmEntry, HostSession.Boot> boots, Consumer<String> progress) {
    Scenario compressed = scenario().withUnit(COMPRESSED_MILLIS);
    long nanos = compressed.nanos(compressed.roundUnits());
    return Counterfactual.run(config, boots, compressed, nanos, progress);
  }

  /** What the guests do. */
  static Scenario scenario() {
    return new Scenario(
        UNIT_MILLIS,
        38,
        List.of(new Task("db", "mkdir -p /mnt && mount -t tmpfs -o size=120m tmpfs /mnt")),
        List.of(
            new Step(
                0.5,
                "cache reads 96 MiB of its disk; batch writes 60 MiB and sleeps on them",
                List.of(
                    new Task("cache", "dd if=/dev/vda of=/dev/null bs=64k"),
                    new Task("batch", "pattern 60 --passes 2 --pause {14}"))),
            new Step(
                6,
                "web grows to 140 MiB, while the others sleep",
                List.of(new Task("web", "pattern 140 --grow {3} --ms {6.5} --pause {0.6}"))),
            new Step(
                13,
                "web has freed its memory; db grows to 130 MiB",
                List.of(new Task("db", "pattern 130 --grow {3} --ms {9} --pause {0.6}"))),
            new Step(
                19,
                "cache reads its disk again, while db works",
                List.of(new Task("cache", "dd if=/dev/vda of=/dev/null bs=64k"))),
            new Step(
                24,
                "web and batch grow at once, to 120 MiB each",
                List.of(
                    new Task("web", "pattern 120 --grow {3} --ms {6} --pause {0.6}"),
                    new Task("batch", "pattern 120 --grow {3} --ms {6} --pause {0.6}"))),
            new Step(
                32,
                "db fills 80 MiB of files in memory, and removes them",
                List.of(new Task("db", "pattern 80 --file /mnt/file --passes 1")))));
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(folder.resolve(DISK));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
