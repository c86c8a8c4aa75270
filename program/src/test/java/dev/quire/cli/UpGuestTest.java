package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.host.SnapshotLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole host of real guests. */
class UpGuestTest {
  @TempDir private Path folder = Path.of("");

  private static String host() {
    return """
    [machine]
    memory = "144M"
    clock = "instructions"
    [manager]
    period = "200ms"
    sharing = "group"
    [[vm]]
    name = "web"
    group = "all"
    memory = "128M"
    append = "%1$s"
    exec = "pattern 16"
    [[vm]]
    name = "db"
    group = "all"
    memory = "128M"
    append = "%1$s"
    [[event]]
    at = "0.6s"
    vm = "db"
    exec = "pattern 8 --passes 1"
    """
        .formatted(GuestCommand.FAST_BOOT);
  }

  /** What a run leaves behind. */
  private record Run(String output, String json, String record) {}

  private Run run(String name) throws IOException {
    Path host = Files.writeString(folder.resolve("host.toml"), host());
    Path json = folder.resolve(name + ".json");
    Path record = folder.resolve(name + ".jsonl");
    GuestCommand run =
        GuestCommand.up(
            host.toString(),
            "--for",
            "600ms",
            "--json",
            json.toString(),
            "--record",
            record.toString());
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(SnapshotLog.read(record).entries()).hasSizeGreaterThan(3);
    return new Run(run.text(), Files.readString(json), Files.readString(record));
  }

  @Test
  void aHostsRunRepeats() throws IOException {
    Run first = run("first");
    assertThat(first.output().lines())
        .anyMatch(line -> line.endsWith(" s  web is starting."))
        .anyMatch(line -> line.endsWith(" s  db is running."))
        .anyMatch(line -> line.contains(" s  soft") || line.contains(" s  hard"))
        .anyMatch(line -> line.endsWith(" s  db runs: pattern 8 --passes 1"))
        .anyMatch(line -> line.endsWith(" s  web is stopped."))
        .last()
        .asString()
        .matches(" +\\d\\.\\d s  \\w+ +free 1\\d\\d \\| web stopped \\| db stopped");
    assertThat(first.json()).contains("\"state\": \"running\"", "\"swappedOut\": ", "\"events\": ");
    assertThat(run("second")).isEqualTo(first);
  }
}
