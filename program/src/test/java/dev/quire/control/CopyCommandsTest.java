package dev.quire.control;

import static dev.quire.control.RawHttp.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.run.Json;
import dev.quire.save.SaveFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clones, saves and what is restored, of guests of a few instructions. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CopyCommandsTest {
  @TempDir private Path folder = Path.of("");
  private TinyHost host;
  private RawHttp http;

  @BeforeEach
  void open() throws IOException, InterruptedException {
    host = new TinyHost();
    http = host.http;
    while (!http.ask("/host/ps", "{}").contains("starting")) {
      Thread.sleep(20);
    }
  }

  @AfterEach
  void close() {
    host.close();
  }

  private String ask(String path, Map<String, ?> arguments) throws IOException {
    return http.ask("/" + path, Json.write(arguments));
  }

  private List<String> names() {
    return host.session.vms().stream().map(vm -> vm.name()).toList();
  }

  private Path save() throws IOException {
    Path file = folder.resolve("printer.save");
    assertThat(ask("vms/printer/save", Map.of("file", file)))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"file\": \"" + file + "\"", "\"fileBytes\"", "\"millis\"");
    return file;
  }

  @Test
  void clonesAreGuestsLikeOthers() throws IOException {
    assertThat(ask("vms/printer/clone", Map.of("count", 2)))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"vm\": \"printer-1\"", "\"vm\": \"printer-2\"", "\"sharedBytes\"");
    assertThat(ask("vms/sleeper/clone", Map.of("name", "printer")))
        .contains("\"vm\": \"printer-3\"");
    assertThat(names())
        .containsExactly("sleeper", "printer", "printer-1", "printer-2", "printer-3");
    assertThat(ask("host/ps", Map.of())).contains("printer-1", "printer-3");
    assertThat(ask("host/events", Map.of()))
        .containsPattern("printer-2 is a clone of printer: \\d+ MiB shared in [0-9.]+ ms\\.");
    ControlFolder.Place place = ControlFolder.ofUser().findGuest(host.name + "/printer-2");
    assertThat(place.file().guests()).contains("printer-2");
    assertThat(ask("vms/printer-2/stop", Map.of("now", true))).contains("\"stopped\"");
    assertThat(ask("vms/printer-2/start", Map.of())).contains("\"starting\"");
    assertError(ask("vms/nobody/clone", Map.of()), 404, "no guest called nobody");
  }

  @Test
  void aCloneOfAPrinterPrints() throws IOException, InterruptedException {
    assertThat(ask("vms/printer/clone", Map.of())).startsWith("HTTP/1.1 200 ");
    var console = host.session.vm("printer-1").console().follow();
    for (int printed = 0; printed < 100_000; ) {
      byte[] text = console.read(10_000);
      assertThat(text).isNotEmpty();
      assertThat(new String(text, StandardCharsets.UTF_8)).matches("x*");
      printed += text.length;
    }
  }

  @Test
  void whatDoesNotFitIsNotBegun() throws IOException {
    assertError(
        ask("vms/printer/clone", Map.of("count", 20)), 400, "a min of 80.0 MiB .* more than");
    assertError(ask("vms/printer/clone", Map.of("count", 0)), 400, "--count 0 is not possible");
    assertError(ask("vms/printer/clone", Map.of("count", 257)), 400, "0 to 256 are");
    assertError(ask("vms/printer/clone", Map.of("name", "X/y")), 400, "is no name for a guest");
    assertThat(ask("vms/printer/stop", Map.of("now", true))).contains("\"stopped\"");
    assertError(ask("vms/printer/clone", Map.of()), 400, "cannot be copied: it is stopped");
    assertThat(names()).containsExactly("sleeper", "printer");
  }

  @Test
  void aSavedGuestGoesOnUnderAnotherNameAndMethod() throws IOException {
    Path file = save();
    assertThat(ask("host/restore", Map.of("file", file, "name", "again", "paging", "protected")))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"vm\": \"again\"", "\"paging\": \"protected\"");
    assertThat(names()).containsExactly("sleeper", "printer", "again");
    assertThat(ask("vms/again/stop", Map.of("now", true))).contains("\"stopped\"");
    assertError(ask("host/restore", Map.of("file", file)), 400, "There is a guest printer already");
    assertError(
        ask("host/restore", Map.of("file", file, "name", "n", "paging", "native")),
        400,
        "native is not possible");
    assertError(ask("host/restore", Map.of("file", folder)), 400, "There is no file");
    assertError(ask("host/restore", Map.of()), 400, "needs its FILE");
    assertError(
        ask("vms/printer/save", Map.of("file", folder.resolve("none/x"))), 400, "cannot be saved");
  }

  @Test
  void aDamagedSaveBeginsNothing() throws IOException {
    Path file = save();
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(1);
    for (int i = 0; i < 30; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bytes);
      assertError(ask("host/restore", Map.of("file", file, "name", "again")), 400, "");
    }
    assertThat(names()).containsExactly("sleeper", "printer");
    Files.write(file, whole);
    try (SaveFile save = SaveFile.open(file)) {
      assertThat(save.memory()).isEqualTo(16 << 20);
    }
  }
}
