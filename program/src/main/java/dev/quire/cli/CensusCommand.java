package dev.quire.cli;

import dev.quire.census.Census;
import dev.quire.census.CensusText;
import dev.quire.census.Count;
import dev.quire.census.CountFormats;
import dev.quire.census.Granularity;
import dev.quire.census.LivePages;
import dev.quire.census.MemoryFile;
import dev.quire.census.PageHasher;
import dev.quire.census.Verification;
import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlClient.Subject;
import dev.quire.control.ControlCommands;
import dev.quire.control.ControlFolder;
import dev.quire.image.Progress;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire census}: how often pages have the same content, in guests and in files. */
@Command(
    name = "census",
    mixinStandardHelpOptions = true,
    description = {
      "Counts pages of the same content, within and between running guests and files that hold",
      "memory: raw images, ELF cores (QEMU's dump-guest-memory) and saved guests.",
      "docs/census.md explains the numbers."
    })
final class CensusCommand implements Callable<Integer> {
  private static final int DIFFERENT = 1;
  private static final int MOST_TOP = 1000;
  private static final String GUEST = "[a-z0-9-]+(/[a-z0-9-]+)?";

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(
      arity = "0..*",
      paramLabel = "VM|FILE",
      description =
          "Files that exist, or names of running guests (VM or HOST/VM); nothing: all of them.")
  private List<String> names = List.of();

  @Option(
      names = "--granularity",
      paramLabel = "SIZE,...",
      defaultValue = "4K",
      description = "What is compared: 4K, 16K, 64K, 2M, several of them, or all (default 4K).")
  private String granularity = "";

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many of the most frequent contents to show (default 5).")
  private int top;

  @Option(
      names = "--verify",
      description = "Read files again and compare pages of equal hash byte by byte.")
  private boolean verify;

  @Option(names = "--raw", description = "Count a file's bytes, whatever its format.")
  private boolean raw;

  @Option(
      names = "--seed",
      paramLabel = "HEX",
      description = "Of the hash, to repeat a census (default: at random).")
  private @Nullable String seed;

  @ArgGroup private Format format = new Format();

  /** How it is printed. */
  private static final class Format {
    @Option(names = "--csv", description = "Print the curve as lines of comma-separated values.")
    boolean csv;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;
  }

  private final ControlClient client = new ControlClient(ControlFolder.ofUser());
  private final Progress progress = ProgressBar.onTerminal();

  /** What is counted. */
  private sealed interface Source {
    record OfFile(MemoryFile file) implements Source {}

    /** {@code named}: by the user, so that it must be there. */
    record OfGuest(Subject guest, boolean named) implements Source {}
  }

  @Override
  public Integer call() throws InterruptedException {
    if (top < 0 || top > MOST_TOP) {
      throw UserError.of("--top %d is not possible: 0 to %d are.", top, MOST_TOP);
    }
    Census census = new Census(Granularity.parse(granularity), seed(), top, verify);
    List<Source> sources = new ArrayList<>();
    try {
      findSources(sources);
      for (Source source : sources) {
        switch (source) {
          case Source.OfFile(MemoryFile file) -> add(census, file);
          case Source.OfGuest(Subject guest, boolean named) -> add(census, guest, named);
        }
      }
      if (census.isEmpty()) {
        throw new UserError("No guest has memory now: there is nothing to count.");
      }
      return report(census);
    } finally {
      sources.forEach(CensusCommand::close);
    }
  }

  private static void close(Source source) {
    if (source instanceof Source.OfFile(MemoryFile file)) {
      file.close();
    }
  }

  private long seed() {
    if (seed == null) {
      return new SecureRandom().nextLong();
    }
    try {
      return Long.parseUnsignedLong(seed.startsWith("0x") ? seed.substring(2) : seed, 16);
    } catch (NumberFormatException e) {
      throw new UserError("--seed is up to 16 hexadecimal digits, as a census prints them.", e);
    }
  }

  // ---- what to count -------------------------------------------------------------------------

  private void findSources(List<Source> sources) {
    for (String name : names) {
      sources.add(source(name));
    }
    if (names.isEmpty()) {
      client.guests().forEach(guest -> sources.add(new Source.OfGuest(guest, false)));
      if (sources.isEmpty()) {
        throw new UserError("No guest that has a name is running: name files to count.");
      }
    }
    if (verify && sources.stream().anyMatch(Source.OfGuest.class::isInstance)) {
      throw new UserError(
          "--verify reads everything twice, and guests change meanwhile: save them by 'quire save',"
              + " and count the files.");
    }
  }

  private Source source(String name) {
    Path path = path(name);
    if (Files.isDirectory(path)) {
      throw UserError.of("%s is a folder: name the files in it.", name);
    }
    if (Files.exists(path) || !name.matches(GUEST)) {
      return new Source.OfFile(MemoryFile.open(path, raw));
    }
    try {
      return new Source.OfGuest(client.guest(name), true);
    } catch (UserError e) {
      throw new UserError("There is no file %s. %s".formatted(name, e.getMessage()), e);
    }
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new UserError("'%s' cannot be a file.".formatted(name), e);
    }
  }

  // ---- counting ------------------------------------------------------------------------------

  private void add(Census census, MemoryFile file) throws InterruptedException {
    note(file.note());
    progress.start(file.name(), 0, file.bytes());
    census.add(file, progress::advance);
    progress.end();
  }

  private void add(Census census, Subject guest, boolean named) {
    Map<String, Object> answer;
    try {
      answer = ask(census, guest, 0);
    } catch (UserError e) {
      if (named) {
        throw e;
      }
      note("%s is left out: %s".formatted(guest.name(), e.getMessage()));
      return;
    }
    LivePages pages = new LivePages(census.source(guest.name()));
    long before = 0;
    long next = pages.add(answer);
    progress.start(guest.name(), 0, pages.bytes());
    while (next >= 0) {
      progress.advance((next - before) * PageHasher.BLOCK);
      before = next;
      next = pages.add(ask(census, guest, next));
    }
    progress.advance(pages.bytes() - before * PageHasher.BLOCK);
    progress.end();
  }

  private Map<String, Object> ask(Census census, Subject guest, long from) {
    List<String> words =
        List.of("--seed=" + Long.toHexString(census.hasher().seed()), "--from=" + from);
    Arguments arguments = Arguments.ofWords(ControlCommands.PAGES, words);
    return Json.readObject(client.ask(guest, ControlCommands.PAGES, arguments, true));
  }

  private void note(String line) {
    if (!line.isEmpty()) {
      spec.commandLine().getErr().println(line);
      spec.commandLine().getErr().flush();
    }
  }

  // ---- the report ----------------------------------------------------------------------------

  private int report(Census census) {
    List<Count> counts = census.count();
    Optional<Verification> verification = Optional.empty();
    if (verify) {
      progress.start("comparing", 0, census.bytesToVerify());
      verification = Optional.of(census.verify(progress::advance));
      progress.end();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (format.json || format.csv) {
      out.print(format.json ? CountFormats.json(counts) : CountFormats.csv(counts));
      verification.map(CensusText::sentence).ifPresent(this::note);
    } else {
      out.print(new CensusText(census, counts).text(verification));
    }
    out.flush();
    return verification.isPresent() && verification.get().different() > 0 ? DIFFERENT : 0;
  }
}
