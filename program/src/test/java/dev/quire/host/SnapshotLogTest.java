package dev.quire.host;

import static dev.quire.host.Recordings.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Activity;
import dev.quire.monitor.policy.Policies;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.monitor.policy.VmSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotLogTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void whatIsWrittenIsReadBack() {
    SnapshotLog log = SnapshotLog.read(Recordings.record(folder, "idle-tax", 3));
    assertThat(log.header())
        .isEqualTo(new SnapshotLog.Header("idle-tax", 0.75, 0.05, 1_000_000_000L, 320 << 20));
    assertThat(log.entries()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      SnapshotLog.Entry entry = log.entries().get(i);
      assertThat(entry.snapshot()).isEqualTo(Recordings.snapshot(i + 1));
      assertThat(entry.targets())
          .isEqualTo(Policies.named("idle-tax").decide(Recordings.snapshot(i + 1)));
    }
  }

  @Test
  void theFirstLineIsTheSchemaAndEachMomentIsALine() throws IOException {
    List<String> lines = Files.readAllLines(Recordings.record(folder, "static", 2));
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst())
        .isEqualTo(
            "{\"schema\":\"quire-snapshots\",\"version\":4,\"policy\":\"static\",\"tax\":0.75,"
                + "\"alpha\":0.05,\"periodNanos\":1000000000,\"memory\":335544320}");
    assertThat(lines.get(1)).startsWith("{\"snapshot\":{\"nanos\":1000000000,\"machine\":{");
  }

  /** What was active was a part of what was held, by accessed bits, and not sampled. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void recordingsOfFormerVersionsAreRead(int version) throws IOException {
    Path now = Recordings.record(folder, "idle-tax", 2);
    String text = Files.readString(now).replace("\"version\":4", "\"version\":" + version);
    text = text.replace(",\"alpha\":0.05", "").replaceAll(",\"proxy\":\\{[^}]*}", "");
    assertThat(text).doesNotContain("alpha", "proxy");
    if (version == 1) {
      text = text.replace("\"saved\":0,", "");
      assertThat(text).doesNotContain("saved");
    }
    String[] fractions = {"1.0", "1.0", "0.5", "1.0"}; // of web and db, then again
    for (String fraction : fractions) {
      String before = "\"activeFraction\":" + fraction + ",\"sampledPages\":51200,";
      text = text.replaceFirst("\"activity\":\\{[^}]*},", before);
    }
    assertThat(text).doesNotContain("activity");
    Path before = folder.resolve("before.jsonl");
    Files.writeString(before, text);
    SnapshotLog log = SnapshotLog.read(before);
    for (int i = 0; i < 2; i++) {
      Snapshot read = log.entries().get(i).snapshot();
      Snapshot written = Recordings.snapshot(i + 1);
      assertThat(read.machine()).isEqualTo(written.machine());
      assertThat(bytes(Policies.named("idle-tax").decide(read)))
          .isEqualTo(bytes(log.entries().get(i).targets()));
      assertThat(read.vms())
          .extracting(VmSnapshot::active)
          .containsExactly(200 * MIB / (i + 1), 200 * MIB);
    }
    Activity web = log.entries().get(1).snapshot().vms().getFirst().activity();
    assertThat(web.touchedPages()).isEqualTo(web.sampledPages() / 2).isEqualTo(25_600);
    assertThat(web.high() - web.low()).isEqualTo(1);
  }

  @Test
  void recordingsFromBeforeProxyMemoryAreRead() throws IOException {
    Path now = Recordings.record(folder, "idle-tax", 2);
    String text = Files.readString(now).replace("\"version\":4", "\"version\":3");
    text = text.replace(",\"alpha\":0.05", "").replaceAll(",\"proxy\":\\{[^}]*}", "");
    Path before = folder.resolve("before.jsonl");
    Files.writeString(before, text);
    assertThat(SnapshotLog.read(before).entries()).isEqualTo(SnapshotLog.read(now).entries());
    assertThat(SnapshotLog.read(before).header().alpha()).isEqualTo(0.05);
  }

  @Test
  void curvesAreReadBack() {
    Snapshot snapshot = Recordings.withCurve(Recordings.snapshot(1));
    Path file = folder.resolve("curve.jsonl");
    List<Target> targets = Policies.named("miss-ratio").decide(snapshot);
    try (SnapshotWriter writer =
        new SnapshotWriter(file, new SnapshotLog.Header("miss-ratio", 0, 0.05, 1, 4096))) {
      writer.write(snapshot, targets);
    }
    assertThat(SnapshotLog.read(file).entries())
        .containsExactly(new SnapshotLog.Entry(snapshot, targets));
  }

  private static List<Long> bytes(List<Target> targets) {
    return targets.stream().map(Target::bytes).toList();
  }

  /** What to replace in line 2 or 1, by what, and what is said then. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          2 | {"snapshot"           | {"snapshot            | line 2: Not a JSON object
          2 | "nanos":1000000000    | "nanos":"soon"        | line 2: 'nanos' cannot be soon.
          2 | "nanos":1000000000    | "nanos":1.5           | line 2: 'nanos' cannot be 1.5.
          2 | "nanos":1000000000    | "nanos":-1            | line 2: nanos cannot be -1.
          2 | "nanos":1000000000,   | ~~                    | line 2: 'nanos' cannot be null.
          2 | "nanos":1000000000    | "nanos":9000000000    | line 3: it is earlier than the line before.
          2 | "nanos":              | "x":1,"nanos":        | line 2: 'x' is unknown.
          2 | "state":"SOFT"        | "state":"SOGGY"       | line 2: 'state' cannot be SOGGY.
          2 | "obeys":true          | "obeys":1             | line 2: 'obeys' cannot be 1.
          2 | "shares":1000         | "shares":99999999999  | line 2: 'shares' cannot be 99999999999.
          2 | "min":33554432        | "min":335544320       | line 2: max cannot be 268435456 with a min of
          2 | "low":0.0             | "low":-1              | line 2: low cannot be -1.0.
          2 | "vms":[               | "vms":[7,             | line 2: 'vms' cannot hold 7.
          2 | "vm":"web"            | "vm":"wab"            | line 2: the targets are for [wab, db], not [web, db].
          1 | quire-snapshots       | quire-something       | line 1: a file of snapshots begins with
          2 | "displaced":0         | "displaced":-1        | line 2: displaced cannot be -1.
          2 | "misses":[            | "misses":[{"bytes":1} | line 2: 'perSecond' cannot be null.
          1 | "version":4           | "version":5           | line 1: its version is 5, and this Quire reads 1 to 4.
          1 | "version":4           | "version":0           | line 1: its version is 0, and this Quire reads 1 to 4.
          1 | "policy":"static"     | "policy":1            | line 1: 'policy' cannot be 1.
          1 | {                     | hello {               | line 1: Not a JSON object
          """)
  void aDamagedLineIsNamed(int line, String part, String by, String sentence) throws IOException {
    Path file = Recordings.record(folder, "static", 2);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines.get(line - 1)).contains(part);
    lines.set(line - 1, lines.get(line - 1).replace(part, by));
    Files.write(file, lines);
    assertThatThrownBy(() -> SnapshotLog.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + ", ")
        .hasMessageContaining(sentence)
        .hasMessageEndingWith(".");
  }

  @Test
  void aLineThatWasCutOffIsNamed() throws IOException {
    Path file = Recordings.record(folder, "static", 2);
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 20));
    assertThatThrownBy(() -> SnapshotLog.read(file)).hasMessageContaining("line 3: Not a JSON");
  }

  @Test
  void otherFilesAreRefusedWithASentence() throws IOException {
    Path file = folder.resolve("other");
    assertRefused(file, "Cannot read");
    Files.writeString(file, "");
    assertRefused(file, "is empty");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertRefused(file, "is not text");
    Path recording = Recordings.record(folder, "static", 1);
    Files.write(recording, List.of(Files.readAllLines(recording).getFirst()));
    assertRefused(recording, "has no snapshots");
  }

  @Test
  void aFileThatCannotBeWrittenIsTheUsersMistake() {
    assertThatThrownBy(() -> Recordings.record(folder.resolve("none"), "static", 1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Cannot write");
  }

  private static void assertRefused(Path file, String why) {
    assertThatThrownBy(() -> SnapshotLog.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(why);
  }
}
