package dev.quire.control;

import static dev.quire.control.RawHttp.assertError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.run.GuestRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets an answer, and who only a sentence. Requests are written byte by byte. */
@Timeout(60)
class ControlServerTest {
  @TempDir private Path above = Path.of("");
  private final ControlledGuest guest = new ControlledGuest();
  private ControlServer server;
  private GuestRun run;
  private ControlledGuest.Presence presence;

  @BeforeEach
  void open() {
    run = TinyGuest.run();
    presence = guest.has(run);
    server = ControlServer.open(folder(), "tiny", guest);
  }

  @AfterEach
  void close() {
    server.close();
    presence.close();
    run.close();
  }

  private ControlFolder folder() {
    return new ControlFolder(above.resolve("quire"));
  }

  private static List<String> words(String... words) {
    return List.of(words);
  }

  private String host() {
    return new RawHttp(server).host();
  }

  private String token() {
    return new RawHttp(server).token();
  }

  private String response(String first, List<String> headers, byte[] body) throws IOException {
    return new RawHttp(server).response(first, headers, body);
  }

  private String post(String path, String body, String... headers) throws IOException {
    return new RawHttp(server).post(path, body, headers);
  }

  @Test
  void whoShowsTheTokenIsServed() throws IOException {
    assertThat(post("/vms/tiny/paging", "{}", host(), token()))
        .startsWith("HTTP/1.1 200 ")
        .contains("{\n  \"paging\": \"nested\",\n  \"variant\": \"\"\n}");
    String localhost = "Host: localhost:" + server.file().port();
    assertThat(post("/vms/tiny/paging", "", localhost, token(), "Accept: text/plain"))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("\r\n\r\nnested\n");
  }

  @Test
  void itListensOnLoopbackAlone() throws IOException {
    for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
      for (InetAddress address : network.inetAddresses().toList()) {
        if (!address.isLoopbackAddress()) {
          assertThatThrownBy(() -> new Socket(address, server.file().port()).close())
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Bearer", "Bearer ", "Bearer x", "Basic dDp0", "TOKEN", "Bearer TOKENx"})
  void whoDoesNotShowItIsNot(String given) throws IOException {
    String header = "Authorization: " + given.replace("TOKEN", server.file().token());
    assertError(post("/vms/tiny/paging", "{}", host(), header), 401, "token");
  }

  @Test
  void noTokenOrTwoAreNone() throws IOException {
    assertError(post("/vms/tiny/paging", "{}", host()), 401, "token");
    assertError(post("/vms/tiny/paging", "{}", host(), token(), token()), 401, "token");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example:PORT", "evil.example", "127.0.0.1", "localhost:1", "[::1]:PORT", ""})
  void anotherHostIsRefused(String name) throws IOException {
    String header = "Host: " + name.replace("PORT", Integer.toString(server.file().port()));
    assertError(post("/vms/tiny/paging", "{}", header, token()), 403, "Host");
  }

  @Test
  void noHostIsRefused() throws IOException {
    assertError(
        response("POST /vms/tiny/paging HTTP/1.0", List.of(token()), new byte[0])
            .replace("HTTP/1.0", "HTTP/1.1"),
        403,
        "Host");
  }

  @Test
  void webPagesAreRefused() throws IOException {
    for (String origin : List.of("null", "http://127.0.0.1:" + server.file().port(), "x")) {
      assertError(
          post("/vms/tiny/paging", "{}", host(), token(), "Origin: " + origin), 403, "Origin");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/, form /vms/NAME/COMMAND",
    "/host, form /vms/NAME/COMMAND",
    "/host/ps, no host: there is only the guest tiny",
    "/vms/tiny, form /vms/NAME/COMMAND",
    "/vms/tiny/paging/, form /vms/NAME/COMMAND",
    "/../vms/tiny/paging, form /vms/NAME/COMMAND",
    "/vms/other/paging, no guest called other",
    "/vms/tiny/fly, there are walk",
  })
  void pathsThatThereAreNot(String path, String sentence) throws IOException {
    assertError(post(path, "{}", host(), token()), 404, sentence);
  }

  @Test
  void otherMethodsAreNotAllowed() throws IOException {
    for (String method : List.of("GET", "PUT", "DELETE", "OPTIONS")) {
      String first = method + " /vms/tiny/paging HTTP/1.1";
      String response = response(first, words(host(), token()), new byte[0]);
      assertError(response, 405, "POST");
      assertThat(response).containsIgnoringCase("allow: POST");
    }
  }

  @Test
  void aLoneGuestHasNoMetrics() throws IOException {
    assertError(
        response("GET /metrics HTTP/1.1", words(host(), token()), new byte[0]), 404, "no host");
    assertError(response("GET /metrics HTTP/1.1", words(host()), new byte[0]), 401, "token");
    assertError(post("/metrics", "{}", host(), token()), 405, "GET");
  }

  @Test
  void aPortIsFixedAndInUse() {
    int port = server.port();
    assertThatThrownBy(() -> ControlServer.open(folder(), "b", new NamedGuest("b", guest), port))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Port " + port + " of 127.0.0.1 is not to be had");
    server.close();
    server = ControlServer.open(folder(), "b", new NamedGuest("b", guest), port);
    assertThat(server.port()).isEqualTo(port);
    for (int wrong : new int[] {-1, 65536}) {
      assertThatThrownBy(() -> ControlServer.checkPort(wrong)).hasMessageContaining("0 to 65535");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "[]", "null", "{\"a\":", "{\"a\":1,\"a\":2}", "\u0000"})
  void bodiesThatAreNoObject(String body) throws IOException {
    assertError(post("/vms/tiny/paging", body, host(), token()), 400, "Not a JSON object");
  }

  @Test
  void argumentsThatThereAreNot() throws IOException {
    assertError(
        post("/vms/tiny/paging", "{\"fly\": 1}", host(), token()), 400, "'fly' is no argument");
  }

  @Test
  void aBodyIsBounded() throws IOException {
    String spaces = " ".repeat((64 << 10) - 2);
    assertThat(post("/vms/tiny/paging", "{}" + spaces, host(), token())).startsWith("HTTP/1.1 200");
    assertError(
        post("/vms/tiny/paging", "{} " + spaces, host(), token()), 413, "at most 65,536 bytes");
    List<String> endless = words(host(), token(), "Content-Length: 1000000000000");
    assertError(
        response("POST /vms/tiny/paging HTTP/1.1", endless, new byte[100_000]), 413, "at most");
  }

  @Test
  void whoStallsStopsNobodyElse() throws IOException {
    List<Socket> stalled = new ArrayList<>();
    for (String part : List.of("", "POST /vms/tiny/paging HT", "POST /vms/tiny/paging HTTP/1.1")) {
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        stalled.add(socket);
        socket.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
      }
    }
    String lines = String.join("\r\n", host(), token(), "Content-Length: 9\r\n\r\n{");
    for (int i = 0; i < 20; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
      stalled.add(socket);
      byte[] head =
          ("POST /vms/tiny/paging HTTP/1.1\r\n" + lines).getBytes(StandardCharsets.US_ASCII);
      socket.getOutputStream().write(head);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(post("/vms/tiny/paging", "{}", host(), token())).startsWith("HTTP/1.1 200 ");
    }
    for (Socket socket : stalled) {
      socket.close();
    }
  }

  @Test
  void itFollowsTheGuestToItsNextMachine() throws IOException {
    presence.close();
    assertError(post("/vms/tiny/paging", "{}", host(), token()), 400, "being started");
    try (GuestRun next = TinyGuest.run();
        var _ = guest.has(next)) {
      assertThat(post("/vms/tiny/paging", "{}", host(), token())).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void theFileGoesWithTheServer() throws IOException {
    Path file = above.resolve("quire/tiny.json");
    assertThat(Files.readString(file)).contains(server.file().token());
    assertThatThrownBy(() -> ControlServer.open(folder(), "tiny", guest))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("A guest called tiny runs already");
    assertThat(file).exists();
    server.close();
    assertThat(file).doesNotExist();
    assertThatThrownBy(() -> post("/vms/tiny/paging", "{}")).isInstanceOf(IOException.class);
    server = ControlServer.open(folder(), "tiny", guest);
    assertThat(post("/vms/tiny/paging", "{}", host(), token())).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void tokensAreLongAndNew() {
    String first = server.file().token();
    server.close();
    server = ControlServer.open(folder(), "tiny", guest);
    assertThat(server.file().token()).hasSize(43).isNotEqualTo(first);
  }

  @Test
  void theClientFindsAndAsksIt() {
    ControlClient client = new ControlClient(folder());
    ControlCommand<?> paging = ControlCommands.PAGING;
    Arguments none = Arguments.ofWords(paging, List.of());
    ControlClient.Subject tiny = client.guest("tiny");
    assertThat(client.ask(tiny, paging, none, false)).isEqualTo("nested\n");
    assertThat(client.ask(tiny, paging, none, true)).contains("\"paging\": \"nested\"");
    assertThat(client.loneGuests()).extracting(ControlClient.Subject::name).containsExactly("tiny");
    assertThat(client.hosts()).isEmpty();
    assertThatThrownBy(() -> client.guest("big"))
        .isInstanceOf(UserError.class)
        .hasMessage("There is no guest called big: there are tiny.");
    presence.close();
    assertThatThrownBy(() -> client.ask(tiny, paging, none, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("being started");
    server.close();
    assertThat(client.serves(tiny)).isFalse();
    assertThatThrownBy(() -> client.ask(tiny, paging, none, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tiny does not answer");
  }
}
