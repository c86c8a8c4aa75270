package dev.quire.host;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.run.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The decisions of one run of a host, read from the file that {@link SnapshotWriter} wrote: JSON
 * lines, first the {@link Header}, then an {@link Entry} for each period.
 *
 * @param header what the run was
 * @param entries in the order of time, at least one
 */
public record SnapshotLog(Header header, List<Entry> entries) {
  static final String SCHEMA = "quire-snapshots";
  static final int VERSION = 4;

  /**
   * What the run was.
   *
   * @param schema always "quire-snapshots"
   * @param version of the schema: 4, or an older one that {@link OldRecordings} reads
   * @param policy that decided
   * @param tax of the policy idle-tax, from 0 to less than 1
   * @param alpha of the policy miss-ratio, at least 0
   * @param periodNanos between two decisions, of machine time
   * @param memory the machine's, in bytes
   */
  public record Header(
      String schema,
      int version,
      String policy,
      double tax,
      double alpha,
      long periodNanos,
      long memory) {
    /** A file of the present schema. */
    public Header(String policy, double tax, double alpha, long periodNanos, long memory) {
      this(SCHEMA, VERSION, policy, tax, alpha, periodNanos, memory);
    }
  }

  /** One moment, and what was decided then: a target for each VM, in the VMs' order. */
  public record Entry(Snapshot snapshot, List<Target> targets) {
    /** Raises IllegalArgumentException if the targets are for other VMs. */
    public Entry {
      targets = List.copyOf(targets);
      List<String> vms = snapshot.vms().stream().map(VmSnapshot::name).toList();
      List<String> decided = targets.stream().map(Target::vm).toList();
      if (!vms.equals(decided)) {
        throw new IllegalArgumentException("the targets are for " + decided + ", not " + vms);
      }
    }
  }

  /** Reads a whole file; a UserError names the line that is damaged or foreign. */
  public static SnapshotLog read(Path file) {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String first = reader.readLine();
      if (first == null) {
        throw UserError.of("%s is empty; `quire up --record FILE` writes such files.", file);
      }
      Header header = header(file, first);
      List<Entry> entries = new ArrayList<>();
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        int line = entries.size() + 2;
        long earliest = entries.isEmpty() ? 0 : entries.getLast().snapshot().nanos();
        entries.add(entry(file, line, text, header.version(), earliest));
      }
      if (entries.isEmpty()) {
        throw UserError.of("%s has no snapshots: the run ended before the first.", file);
      }
      return new SnapshotLog(header, entries);
    } catch (CharacterCodingException e) {
      throw new UserError(file + " is not text.", e);
    } catch (IOException e) {
      throw new UserError("Cannot read %s: %s.".formatted(file, e), e);
    }
  }

  /** Looks at schema and version before anything else: later versions may have other fields. */
  private static Header header(Path file, String text) {
    try {
      Map<String, Object> object = Json.readObject(text);
      if (!SCHEMA.equals(object.get("schema"))) {
        throw UserError.of("a file of snapshots begins with {\"schema\":\"%s\"", SCHEMA);
      }
      Object version = object.get("version");
      if (!(version instanceof Integer known) || known < 1 || known > VERSION) {
        throw UserError.of("its version is %s, and this Quire reads 1 to %d", version, VERSION);
      }
      return RecordReader.read(Header.class, OldRecordings.headerOfNow(object, known));
    } catch (UserError e) {
      throw damaged(file, 1, e);
    }
  }

  private static Entry entry(Path file, int line, String text, int version, long earliest) {
    try {
      Map<?, ?> object = Json.readObject(text);
      Entry entry = RecordReader.read(Entry.class, OldRecordings.asOfNow(object, version));
      if (entry.snapshot().nanos() < earliest) {
        throw new UserError("it is earlier than the line before");
      }
      return entry;
    } catch (UserError e) {
      throw damaged(file, line, e);
    }
  }

  private static UserError damaged(Path file, int line, UserError e) {
    String what = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
    return new UserError("%s, line %d: %s.".formatted(file, line, what), e);
  }
}
