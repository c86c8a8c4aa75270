package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Requests to a server, written byte by byte. */
final class RawHttp {
  private final ControlFile file;

  RawHttp(ControlServer server) {
    this.file = server.file();
  }

  String host() {
    return "Host: 127.0.0.1:" + file.port();
  }

  String token() {
    return "Authorization: Bearer " + file.token();
  }

  /** A request of a first line, headers and a body, of which nothing was read yet. */
  Socket send(String first, List<String> headers, byte[] body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), file.port());
    String head = first + "\r\n" + String.join("\r\n", headers) + "\r\nConnection: close\r\n\r\n";
    OutputStream out = socket.getOutputStream();
    out.write(head.getBytes(StandardCharsets.ISO_8859_1));
    out.write(body);
    out.flush();
    return socket;
  }

  /** The whole response to it. */
  String response(String first, List<String> headers, byte[] body) throws IOException {
    try (Socket socket = send(first, headers, body)) {
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  String post(String path, String body, String... headers) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    List<String> all = new ArrayList<>(List.of(headers));
    all.add("Content-Length: " + bytes.length);
    return response("POST " + path + " HTTP/1.1", all, bytes);
  }

  /** The same as a client that is entitled to. */
  String ask(String path, String body) throws IOException {
    return post(path, body, host(), token());
  }

  /** The same, without reading what is answered. */
  Socket open(String path, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return send(
        "POST " + path + " HTTP/1.1",
        List.of(host(), token(), "Content-Length: " + bytes.length),
        bytes);
  }

  static void assertError(String response, int status, String sentence) {
    assertThat(response)
        .startsWith("HTTP/1.1 " + status + " ")
        .containsIgnoringCase("content-type: application/json")
        .containsPattern("\\{\\s*\"error\": \"[^\"]*" + sentence + "[^\"]*\"\\s*\\}\\s*$")
        .doesNotContain("dev.quire", "Exception", "at java");
  }
}
