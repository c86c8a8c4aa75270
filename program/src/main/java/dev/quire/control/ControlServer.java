package dev.quire.control;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.quire.control.RequestGate.Request;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Serves the commands for one guest, or for a host and its guests, on 127.0.0.1, until closed or
 * the process ends. The package's description says what it promises.
 *
 * <p>Each request has a virtual thread of its own, so that no client keeps others waiting: one that
 * takes its time to ask is cut off by the JDK's server, one that does not read by {@link
 * WriteLimit}. Streams, which may last, are at most {@link #STREAMS}.
 */
public final class ControlServer implements AutoCloseable {
  static final int STREAMS = 16;

  private static final int PORTS = 1 << 16;
  private static final int BACKLOG = 64;
  private static final long WRITE_MILLIS = 10_000;
  private static final int TOKEN_BYTES = 32;
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json; charset=utf-8";
  private static final String LINES = "application/x-ndjson; charset=utf-8";

  static {
    // The JDK's server takes these from properties alone; times in seconds, sizes in bytes.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxReqHeaders", "50");
    System.setProperty("sun.net.httpserver.maxReqHeaderSize", "16384");
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("jdk.httpserver.maxConnections", "256");
  }

  private final ControlFolder folder;
  private final Controlled controlled;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("control-", 0).factory());
  private final WriteLimit limit = new WriteLimit(WRITE_MILLIS);
  private final Semaphore streams = new Semaphore(STREAMS);

  /** What others find; guarded by this. */
  private ControlFile file;

  private boolean closed;
  private final RequestGate gate;
  private final Thread hook = new Thread(this::removeFile, "control-file-removal");

  private ControlServer(ControlFolder folder, String name, Controlled controlled, int port)
      throws IOException {
    this.folder = folder;
    this.controlled = controlled;
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port),
            BACKLOG);
    int bound = server.getAddress().getPort();
    file = ControlFile.ofThisProcess(name, bound, newToken(), controlled);
    gate = new RequestGate(bound, file.token());
  }

  private static String newToken() {
    byte[] token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** Serves {@code guest}, which runs on its own, under a name that nothing else has. */
  public static ControlServer open(String name, ControlledGuest guest) {
    return open(ControlFolder.ofUser(), name, guest);
  }

  static ControlServer open(ControlFolder folder, String name, ControlledGuest guest) {
    return open(folder, name, new NamedGuest(name, guest), 0);
  }

  /**
   * Serves {@code controlled} under a name that nothing else of the user has that runs.
   *
   * @param port on 127.0.0.1; 0 for any that is free
   */
  public static ControlServer open(String name, Controlled controlled, int port) {
    return open(ControlFolder.ofUser(), name, controlled, port);
  }

  static ControlServer open(ControlFolder folder, String name, Controlled controlled, int port) {
    ControlFolder.checkName(name);
    checkPort(port);
    ControlServer server;
    try {
      server = new ControlServer(folder, name, controlled, port);
    } catch (BindException e) {
      throw new UserError(
          "Port %d of 127.0.0.1 is not to be had (%s): choose another --port, or 0 for any."
              .formatted(port, e.getMessage()),
          e);
    } catch (IOException e) {
      throw new UserError("%s cannot be served: %s.".formatted(name, e), e);
    }
    server.start();
    return server;
  }

  /** A {@link UserError} unless {@code port} can be one. */
  public static void checkPort(int port) {
    if (port < 0 || port >= PORTS) {
      throw UserError.of("--port %d is not possible: 0 to %d are.", port, PORTS - 1);
    }
  }

  private void start() {
    server.createContext("/", this::serve);
    server.setExecutor(threads);
    server.start();
    try {
      folder.add(file());
    } catch (UserError e) {
      stop();
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(hook);
    controlled.whenGuestsChange(this::publishGuests);
  }

  /** Others find the guests by the names that they have now. */
  private synchronized void publishGuests() {
    if (!closed) {
      file = file.withGuests(controlled.guests());
      folder.replace(file);
    }
  }

  synchronized ControlFile file() {
    return file;
  }

  /** The port that it listens on. */
  public int port() {
    return file().port();
  }

  // ---- requests ------------------------------------------------------------------------------

  /** What is sent back. */
  private sealed interface Response {
    record Whole(int status, String type, String body) implements Response {}

    record Stream(Streamed parts) implements Response {}

    static Whole error(int status, String sentence) {
      return new Whole(status, JSON, Json.write(Map.of("error", sentence)));
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      switch (respond(exchange)) {
        case Response.Whole whole -> send(exchange, whole);
        case Response.Stream(Streamed parts) -> stream(exchange, parts);
      }
    }
  }

  private Response respond(HttpExchange exchange) throws IOException {
    try {
      return switch (gate.admit(exchange)) {
        case Request.Metrics() -> {
          Controlled.Metrics metrics = controlled.metrics();
          yield new Response.Whole(200, metrics.contentType(), metrics.text());
        }
        case Request.Command command -> reply(command);
      };
    } catch (Refusal e) {
      return Response.error(e.status(), e.sentence());
    } catch (UserError e) {
      return Response.error(400, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      return Response.error(500, bug(e));
    }
  }

  private static String bug(Throwable thrown) {
    return "This is a bug in Quire: " + thrown;
  }

  private Response reply(Request.Command command) throws Refusal {
    return switch (ask(command)) {
      case Answer answer when command.wantsText() -> new Response.Whole(200, TEXT, answer.text());
      case Answer answer -> new Response.Whole(200, JSON, Json.write(answer.value()));
      case Streamed parts -> new Response.Stream(parts);
    };
  }

  private Reply ask(Request.Command command) throws Refusal {
    String guest = command.guest();
    if (guest == null) {
      return controlled.askHost(command.name(), command.arguments());
    }
    if (!controlled.guests().contains(guest)) {
      throw Refusal.unknown("There is no guest called " + Arguments.shown(guest) + ".");
    }
    return controlled.askGuest(guest, command.name(), command.arguments());
  }

  private static void describe(HttpExchange exchange, String type) {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
  }

  private void send(HttpExchange exchange, Response.Whole response) throws IOException {
    byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
    describe(exchange, response.type());
    limit.write(
        () -> {
          exchange.sendResponseHeaders(response.status(), body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
  }

  private void stream(HttpExchange exchange, Streamed parts) throws IOException {
    if (!streams.tryAcquire()) {
      String sentence =
          "There are %d streams already, of consoles, commands and events: end one."
              .formatted(STREAMS);
      send(exchange, Response.error(503, sentence));
      return;
    }
    try {
      describe(exchange, LINES);
      exchange.sendResponseHeaders(200, 0); // in chunks
      try (OutputStream out = exchange.getResponseBody()) {
        sendParts(parts, new PartLines(out, limit));
      }
    } finally {
      streams.release();
    }
  }

  private static void sendParts(Streamed parts, PartLines lines) throws IOException {
    try {
      lines.nothing(); // the client sees that it is served
      parts.sendTo(lines);
    } catch (UserError e) {
      lines.error(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closed, or nobody reads
    } catch (RuntimeException | Error e) {
      lines.error(bug(e));
    }
  }

  // ---- the end -------------------------------------------------------------------------------

  private synchronized void removeFile() {
    closed = true;
    folder.remove(file);
  }

  private void stop() {
    server.stop(1); // second, for answers that are on their way
    threads.shutdownNow();
    limit.close();
  }

  @Override
  public void close() {
    removeFile();
    stop();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the process is ending: the hook has run or will
    }
  }
}
