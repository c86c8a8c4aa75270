package dev.quire.control;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the commands for one guest on 127.0.0.1, until closed or the process ends. The package's
 * description says what it promises.
 */
public final class ControlServer implements AutoCloseable {
  private static final int THREADS = 4;
  private static final int BACKLOG = 16;
  private static final int TOKEN_BYTES = 32;

  static {
    // The JDK's server takes these from properties alone; times in seconds, sizes in bytes.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "120");
    System.setProperty("sun.net.httpserver.maxReqHeaders", "50");
    System.setProperty("sun.net.httpserver.maxReqHeaderSize", "16384");
    System.setProperty("jdk.httpserver.maxConnections", "64");
  }

  private final ControlFolder folder;
  private final ControlledGuest guest;
  private final HttpServer server;
  private final ExecutorService threads;
  private final ControlFile file;
  private final RequestGate gate;
  private final Thread hook = new Thread(this::removeFile, "control-file-removal");

  private ControlServer(ControlFolder folder, String name, ControlledGuest guest)
      throws IOException {
    this.folder = folder;
    this.guest = guest;
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), BACKLOG);
    threads =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("control-", 0).factory());
    int port = server.getAddress().getPort();
    file = ControlFile.ofThisProcess(name, port, newToken());
    gate = new RequestGate(port, file.token());
  }

  private static String newToken() {
    byte[] token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** Serves {@code guest} under a name that no other running guest of the user has. */
  public static ControlServer open(String name, ControlledGuest guest) {
    return open(ControlFolder.ofUser(), name, guest);
  }

  static ControlServer open(ControlFolder folder, String name, ControlledGuest guest) {
    ControlFolder.checkName(name);
    ControlServer server;
    try {
      server = new ControlServer(folder, name, guest);
    } catch (IOException e) {
      throw new UserError("The guest cannot have a name: %s failed.".formatted(e), e);
    }
    server.start();
    return server;
  }

  private void start() {
    server.createContext("/", this::serve);
    server.setExecutor(threads);
    server.start();
    try {
      folder.add(file);
    } catch (UserError e) {
      stop();
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(hook);
  }

  ControlFile file() {
    return file;
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      Response response = respond(exchange);
      byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", response.type() + "; charset=utf-8");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
      exchange.sendResponseHeaders(response.status(), body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private record Response(int status, String type, String body) {
    static Response error(int status, String sentence) {
      return new Response(status, "application/json", Json.write(Map.of("error", sentence)));
    }
  }

  private Response respond(HttpExchange exchange) throws IOException {
    try {
      RequestGate.Request request = gate.admit(exchange);
      if (!request.guest().equals(file.name())) {
        throw new Refusal(
            404, "There is no guest called " + Arguments.shown(request.guest()) + ".");
      }
      ControlCommand command = find(request.command());
      Answer answer = guest.answer(command, Arguments.ofJson(command, request.arguments()));
      return request.wantsText()
          ? new Response(200, "text/plain", answer.text())
          : new Response(200, "application/json", Json.write(answer.value()));
    } catch (Refusal e) {
      return Response.error(e.status(), e.sentence());
    } catch (UserError e) {
      return Response.error(400, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      return Response.error(500, "This is a bug in Quire: " + e);
    }
  }

  private static ControlCommand find(String name) throws Refusal {
    try {
      return ControlCommands.find(name);
    } catch (UserError e) {
      throw new Refusal(404, String.valueOf(e.getMessage()));
    }
  }

  private synchronized void removeFile() {
    folder.remove(file);
  }

  private void stop() {
    server.stop(0);
    threads.shutdownNow();
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
