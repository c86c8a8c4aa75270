package dev.quire.control;

import com.sun.net.httpserver.HttpExchange;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets a request in, or says why not: its checks come in the order in which they are cheap. */
final class RequestGate {
  private static final int MAX_BODY = 64 << 10;

  /** A request that was let in; all names and arguments are as the client says. */
  sealed interface Request {
    /** For the numbers of all. */
    record Metrics() implements Request {}

    /** To a guest, or to the host if {@code guest} is null. */
    record Command(
        @Nullable String guest, String name, Map<String, Object> arguments, boolean wantsText)
        implements Request {}
  }

  private final Set<String> hosts;
  private final byte[] authorization;

  RequestGate(int port, String token) {
    hosts = Set.of("127.0.0.1:" + port, "localhost:" + port);
    authorization = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
  }

  Request admit(HttpExchange exchange) throws Refusal, IOException {
    checkSource(exchange);
    checkToken(exchange);
    String[] path = exchange.getRequestURI().getRawPath().split("/", -1);
    if (path.length == 2 && path[1].equals("metrics")) {
      checkMethod(exchange, "GET");
      return new Request.Metrics();
    }
    boolean toGuest = path.length == 4 && path[1].equals("vms");
    boolean toHost = path.length == 3 && path[1].equals("host");
    if (!toGuest && !toHost) {
      throw new Refusal(
          404, "There are only paths of the form /vms/NAME/COMMAND, /host/COMMAND and /metrics.");
    }
    checkMethod(exchange, "POST");
    boolean text = header(exchange, "Accept").equals(List.of("text/plain"));
    return new Request.Command(
        toGuest ? path[2] : null, path[path.length - 1], body(exchange), text);
  }

  private static void checkMethod(HttpExchange exchange, String method) throws Refusal {
    if (!exchange.getRequestMethod().equals(method)) {
      exchange.getResponseHeaders().set("Allow", method);
      throw new Refusal(405, "This path is for " + method + " alone.");
    }
  }

  /** A browser would name another host (DNS rebinding), or the origin of its page. */
  private void checkSource(HttpExchange exchange) throws Refusal {
    List<String> host = header(exchange, "Host");
    if (host.size() != 1 || !hosts.contains(host.getFirst())) {
      throw new Refusal(403, "The request's Host is not this server.");
    }
    if (!header(exchange, "Origin").isEmpty()) {
      throw new Refusal(403, "Requests of web pages (with an Origin) are refused.");
    }
  }

  private void checkToken(HttpExchange exchange) throws Refusal {
    List<String> given = header(exchange, "Authorization");
    byte[] bytes =
        given.size() == 1 ? given.getFirst().getBytes(StandardCharsets.UTF_8) : new byte[0];
    if (!MessageDigest.isEqual(bytes, authorization)) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      throw new Refusal(401, "The request does not show this server's token.");
    }
  }

  private static List<String> header(HttpExchange exchange, String name) {
    return exchange.getRequestHeaders().getOrDefault(name, List.of());
  }

  private static Map<String, Object> body(HttpExchange exchange) throws Refusal, IOException {
    byte[] bytes = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
    if (bytes.length > MAX_BODY) {
      throw new Refusal(413, "A request has at most 65,536 bytes.");
    }
    if (bytes.length == 0) {
      return Map.of();
    }
    try {
      return Json.readObject(new String(bytes, StandardCharsets.UTF_8));
    } catch (UserError e) {
      throw new Refusal(400, String.valueOf(e.getMessage()));
    }
  }
}
