package dev.quire.control;

import static dev.quire.control.RawHttp.assertError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.census.Census;
import dev.quire.census.Count;
import dev.quire.census.Granularity;
import dev.quire.census.LivePages;
import dev.quire.host.HostControl;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.PageCounts;
import dev.quire.run.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a running host answers, in order or not. Its guests are a few instructions. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostControlTest {
  private TinyHost host;
  private RawHttp http;

  @BeforeEach
  void open() throws IOException, InterruptedException {
    host = new TinyHost();
    http = host.http;
    while (!ask("host/ps").contains("starting")) {
      Thread.sleep(20);
    }
  }

  @AfterEach
  void close() {
    host.close();
  }

  private String ask(String path) throws IOException {
    return http.ask("/" + path, "{}");
  }

  private Map<String, Object> object(String path, String body) throws IOException {
    String response = http.ask("/" + path, body);
    assertThat(response).startsWith("HTTP/1.1 200 ");
    return Json.readObject(response.substring(response.indexOf("\r\n\r\n")));
  }

  @Test
  void whereMemoryIsAddsUp() throws IOException {
    for (String command : List.of("ps", "stats", "top")) {
      Map<String, Object> report = object("host/" + command, "");
      assertThat((Map<?, ?>) report.get("machine"))
          .asString()
          .matches(
              "\\{frames=.*, free=.*, guest=.*, tables=.*, cache=.*, reserve=.*, state=high.*");
      assertThat((List<?>) report.get("vms"))
          .hasSize(2)
          .allSatisfy(
              vm ->
                  assertThat(new ArrayList<>(((Map<?, ?>) vm).keySet()).toString())
                      .startsWith(
                          "[name, state, paging, configured, private, shared, zero, swapped,"
                              + " ballooned, unpopulated, cache, target, active, min, max,"
                              + " shares"));
    }
  }

  @Test
  void whatAGuestUsesIsSampledAsItIsAsked() throws IOException {
    String settings = "{\"pages\":200,\"period\":\"50ms\",\"truth\":\"on\"}";
    Map<String, Object> answer = object("vms/printer/wss", settings);
    assertThat(new ArrayList<>(answer.keySet()).toString())
        .startsWith("[sampled, touched, fraction, low, high, estimate, truth, accessed,");
    assertThat(answer)
        .containsEntry("pages", 200)
        .containsEntry("periodNanos", 50_000_000)
        .containsEntry("sampled", 200)
        .containsEntry("traced", true);
    assertThat(answer.get("truth")).isInstanceOf(Number.class);
    answer = object("vms/printer/wss", "{\"pages\":0,\"truth\":\"off\"}");
    assertThat(answer).containsEntry("sampled", 0).containsEntry("truth", null);
  }

  @Test
  void metricsAreForWhoShowsTheToken() throws IOException {
    String first = "GET /metrics HTTP/1.1";
    String metrics = http.response(first, List.of(http.host(), http.token()), new byte[0]);
    assertThat(metrics)
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("content-type: text/plain; version=0.0.4")
        .contains("quire_vm_instructions_total{vm=\"printer\"}", "use=\"free\"");
    assertError(http.response(first, List.of(http.host()), new byte[0]), 401, "token");
    assertError(
        http.response(first, List.of(http.host(), http.token(), "Origin: http://x"), new byte[0]),
        403,
        "Origin");
  }

  @Test
  void aCensusFindsThePagesThatThereAre() throws IOException {
    Census census = new Census(List.of(Granularity.K4), 5, 0, false);
    for (String vm : List.of("sleeper", "printer")) {
      LivePages pages = new LivePages(census.source(vm));
      for (long next = 0; next >= 0; ) {
        String body = "{\"seed\": \"5\", \"from\": " + next + "}";
        next = pages.add(object("vms/" + vm + "/pages", body));
      }
    }
    List<Count.OfSource> found = census.count().getFirst().sources();
    assertThat(found).hasSize(2);
    for (Count.OfSource source : found) {
      VirtualMachine vm = Objects.requireNonNull(host.session.vm(source.name()).vm());
      PageCounts counts = vm.memory().counts();
      assertThat(source.pages())
          .isPositive()
          .isEqualTo(counts.privatePages() + counts.shared() + counts.swapped());
      assertThat(source.absent()).isEqualTo(counts.unpopulated() + counts.ballooned());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/vms/nobody/pause, {}, 404, no guest called nobody",
    "/vms/sleeper/fly, {}, 404, there are console",
    "/host/fly, {}, 404, there are ps",
    "/host/ps/, {}, 404, There are only paths",
    "/host/ps, [], 400, Not a JSON object",
    "/host/events, {\"follow\":\"x\"}, 400, must be true or false",
    "/vms/sleeper/limits, {\"min\":\"17M\"}, 400, min <= max <= its memory of 16 MiB",
    "/vms/sleeper/limits, {\"min\":\"1x\"}, 400, min '1x' is not possible",
    "/vms/sleeper/limits, {\"min\":\"99999999999999G\"}, 400, is not possible",
    "/vms/sleeper/limits, {\"max\":5000}, 400, max '5000' is not possible",
    "/vms/sleeper/limits, {\"shares\":0}, 400, 0 shares are not possible",
    "/vms/sleeper/limits, {\"shares\":-1}, 400, shares -1 is not possible",
    "/vms/sleeper/balloon, {}, 400, needs its SIZE",
    "/vms/sleeper/pages, {}, 400, up to 16 hexadecimal digits",
    "/vms/sleeper/pages, {\"from\":-1}, 400, from -1 is not possible",
    "/vms/sleeper/balloon, {\"size\":\"17M\"}, 400, more than the memory of sleeper",
    "/vms/sleeper/wss, {\"pages\":1000001}, 400, pages 1000001 is not possible",
    "/vms/sleeper/mrc, {}, 400, has no proxy memory",
    "/vms/sleeper/wss, {\"period\":\"1us\"}, 400, at least 1ms",
    "/vms/sleeper/wss, {\"truth\":\"true\"}, 400, on or off",
    "/vms/sleeper/exec, {}, 400, needs its COMMAND",
    "/vms/sleeper/type, {\"keys\":\"?\"}, 400, base 64",
    "/vms/sleeper/start, {}, 400, cannot start: it is starting",
    "/vms/sleeper/paging, {\"method\":\"native\"}, 400, cannot change",
  })
  void whatCannotBeIsASentence(String path, String body, int status, String sentence)
      throws IOException {
    assertError(http.ask(path, body), status, sentence);
    assertThat(ask("host/ps")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void oversizedRequestsAreRefused() throws IOException {
    String big = "{\"command\":\"" + "x".repeat(1 << 16) + "\"}";
    assertError(http.ask("/vms/sleeper/exec", big), 413, "at most 65,536 bytes");
  }

  @Test
  void aGuestPausesGoesOnStopsAndStarts() throws IOException {
    assertThat(ask("vms/printer/pause")).contains("\"state\": \"paused\"");
    assertThat(ask("vms/printer/pause")).contains("\"state\": \"paused\"");
    assertError(ask("vms/printer/start"), 400, "it is paused");
    assertThat(ask("vms/printer/resume")).contains("\"state\": \"starting\"");
    assertThat(http.ask("/vms/printer/stop", "{\"now\":true}")).contains("\"stopped\"");
    assertError(ask("vms/printer/pause"), 400, "cannot pause: it is stopped");
    for (String command : List.of("stats", "why", "tables", "paging")) {
      assertError(ask("vms/printer/" + command), 400, "it is stopped");
    }
    assertThat(ask("vms/printer/start")).contains("\"state\": \"starting\"");
  }

  @Test
  void limitsLastOverAStartAndMinsMustFit() throws IOException {
    assertThat(http.ask("/vms/printer/limits", "{\"min\":\"8M\",\"max\":\"12M\",\"shares\":5}"))
        .contains("\"min\": 8388608", "\"max\": 12582912", "\"shares\": 5");
    assertThat(http.ask("/vms/printer/stop", "{\"now\":true}")).contains("\"stopped\"");
    assertThat(ask("vms/printer/start")).startsWith("HTTP/1.1 200 ");
    assertThat(ask("vms/printer/limits")).contains("\"shares\": 5");
    assertThat(ask("host/ps")).contains("\"shares\": 5");
    assertThat(ask("host/events")).contains("printer: min 8.0 MiB, max 12.0 MiB, 5 shares.");
  }

  @Test
  void whyIsTheFormulaTheBalloonAndTheLastMove() throws IOException {
    Map<String, Object> why = object("vms/printer/why", "");
    assertThat(why.get("reason")).asString().contains("idle-tax", "1,000 shares");
    assertThat(why).containsKeys("target", "balloon", "lastMove");
  }

  @Test
  void manyWhoStartAndStopAtOnceDoNoHarm() throws Exception {
    List<String> commands = List.of("start", "stop", "pause", "resume", "stats", "why", "limits");
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 120; i++) {
        String command = commands.get(i % commands.size());
        String body = command.equals("stop") ? "{\"now\":true}" : "{}";
        answers.add(threads.submit(() -> http.ask("/vms/printer/" + command, body)));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get()).matches("(?s)HTTP/1.1 (200|400) .*").doesNotContain("a bug");
      }
    }
    assertThat(ask("vms/sleeper/stats")).startsWith("HTTP/1.1 200 ");
  }

  // ---- streams -------------------------------------------------------------------------------

  /** The first line of a stream that says something; it must be short, to be in one chunk. */
  private static Map<String, Object> firstPart(Socket socket) throws IOException {
    BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    String line = reader.readLine();
    while (!line.startsWith("{")) {
      line = reader.readLine();
    }
    return Json.readObject(line);
  }

  @Test
  void aConsoleIsStreamed() throws IOException {
    try (Socket socket = http.open("/vms/printer/console", "{}")) {
      byte[] begin = socket.getInputStream().readNBytes(10_000);
      assertThat(new String(begin, StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 200 ")
          .contains("{\"output\":\"eHh4"); // xxx in base 64
    }
  }

  @Test
  void eventsAreStreamed() throws IOException {
    try (Socket socket = http.open("/host/events", "{\"follow\":true}")) {
      assertThat(firstPart(socket)).containsEntry("text", "sleeper is starting.");
    }
  }

  @Test
  void streamsAreBoundedAndLeaveRoomForCommands() throws IOException, InterruptedException {
    List<Socket> unread = new ArrayList<>();
    for (int i = 0; i < ControlServer.STREAMS; i++) {
      Socket socket = http.open("/vms/printer/console", "{}");
      assertThat(socket.getInputStream().read()).isEqualTo('H'); // and nothing more
      unread.add(socket);
    }
    String refused = ask("vms/printer/console");
    assertError(refused, 503, "There are 16 streams already");
    assertThat(ask("host/ps")).startsWith("HTTP/1.1 200 ");
    for (Socket socket : unread) {
      socket.close();
    }
    while (!isServed("/vms/printer/console")) { // who has gone is noticed when it is written to
      Thread.sleep(20);
    }
  }

  private boolean isServed(String stream) throws IOException {
    try (Socket socket = http.open(stream, "{}")) {
      byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
      return new String(status, StandardCharsets.US_ASCII).endsWith(" 200");
    }
  }

  @Test
  void aCommandIsLostWithItsGuestAndAConsoleIsNot() throws Exception {
    try (Socket exec = http.open("/vms/sleeper/exec", "{\"command\":\"true\"}");
        Socket console = http.open("/vms/sleeper/console", "{}");
        ExecutorService threads = Executors.newFixedThreadPool(1)) {
      assertThat(exec.getInputStream().read()).isEqualTo('H');
      Future<Map<String, Object>> end = threads.submit(() -> firstPart(exec));
      Thread.sleep(200);
      assertThat(http.ask("/vms/sleeper/stop", "{\"now\":true}")).contains("\"stopped\"");
      assertThat(end.get())
          .containsEntry("error", "The guest sleeper ended before the command had.");
      assertThat(console.getInputStream().read()).isEqualTo('H');
      assertError(http.ask("/vms/sleeper/type", "{\"keys\":\"eA==\"}"), 400, "nobody is typed to");
    }
    assertThat(ask("vms/sleeper/exec")).contains("needs its COMMAND");
    assertThat(http.ask("/vms/sleeper/exec", "{\"command\":\"true\"}"))
        .startsWith("HTTP/1.1 200 ")
        .contains("{\"error\":\"The guest sleeper cannot take a command: it is stopped.\"}");
  }

  // ---- the whole -----------------------------------------------------------------------------

  @Test
  void theHostStopsWithItsGuestsAndItsStreamsEnd() throws Exception {
    try (Socket events = http.open("/host/events", "{\"follow\":true}")) {
      assertThat(http.ask("/host/stop", "{\"now\":true}")).contains("sleeper", "printer");
      host.end.get(20, TimeUnit.SECONDS);
      String all = new String(events.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(all).contains("sleeper is stopped.", "printer is stopped.");
    }
    assertError(ask("vms/sleeper/start"), 400, "The host has ended");
    assertError(ask("host/ps"), 400, "The host has ended");
  }

  @Test
  void aNameIsOfOneHost() {
    assertThatThrownBy(() -> HostControl.open(host.session, host.name, 0))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("A host called " + host.name + " runs already");
  }

  @Test
  void twoHostsMayHaveGuestsOfOneName() {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    try (TinyHost other = new TinyHost()) {
      assertThatThrownBy(() -> client.guest("sleeper"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("several guests called sleeper")
          .hasMessageContaining(host.name + "/sleeper")
          .hasMessageContaining(other.name + "/sleeper");
      assertThat(client.guest(other.name + "/sleeper").name()).isEqualTo(other.name + "/sleeper");
      assertThatThrownBy(() -> client.host(null)).hasMessageContaining("say which by --host");
      assertThat(client.host(host.name).name()).isEqualTo(host.name);
    }
    assertThatThrownBy(() -> client.guest(host.name + "/nobody"))
        .hasMessageContaining("There is no guest called " + host.name + "/nobody: there are ");
  }
}
