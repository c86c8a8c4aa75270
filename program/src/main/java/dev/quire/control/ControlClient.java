package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks running hosts and guests of this user, through their servers. By the JDK's old HTTP client:
 * a command asks one question, and the new one alone would take longer to start than all the rest.
 */
public final class ControlClient {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int ANSWER_MILLIS = 120_000;
  private static final int SILENT_MILLIS = 6 * (int) Streamed.SILENCE_MILLIS;

  private final ControlFolder folder;

  public ControlClient(ControlFolder folder) {
    this.folder = folder;
  }

  /** A host or a guest that runs, and can be asked. */
  public static final class Subject {
    private final ControlFile file;
    private final String path;
    private final String name;

    private Subject(ControlFile file, String path, String name) {
      this.file = file;
      this.path = path;
      this.name = name;
    }

    /** What users call it. */
    public String name() {
      return name;
    }

    /** The process that it belongs to. */
    public long pid() {
      return file.pid();
    }
  }

  /** The guest called {@code name}, or HOST/VM. */
  public Subject guest(String name) {
    return guest(folder.findGuest(name));
  }

  private static Subject guest(ControlFolder.Place place) {
    return new Subject(place.file(), "/vms/" + place.guest() + "/", place.usualName());
  }

  /** All guests that can be asked for by name: of hosts, running or not, and on their own. */
  public List<Subject> guests() {
    return folder.guests().stream().map(ControlClient::guest).toList();
  }

  /** The host of that name, or if that is null the only one. */
  public Subject host(@Nullable String name) {
    return host(folder.findHost(name));
  }

  private static Subject host(ControlFile file) {
    return new Subject(file, "/host/", file.name());
  }

  /** All running hosts, by name. */
  public List<Subject> hosts() {
    return folder.running().stream().filter(ControlFile::isHost).map(ControlClient::host).toList();
  }

  /** All running guests that are on no host, by name. */
  public List<Subject> loneGuests() {
    return folder.running().stream()
        .filter(file -> !file.isHost())
        .map(file -> guest(new ControlFolder.Place(file, file.name())))
        .toList();
  }

  /** Whether it still runs, and can be asked. */
  public boolean serves(Subject subject) {
    return folder.running().stream().anyMatch(subject.file::isSameServer);
  }

  /** The answer to a command, as JSON or for reading. */
  public String ask(Subject subject, ControlCommand<?> command, Arguments arguments, boolean json) {
    try {
      HttpURLConnection connection = connect(subject, command, ANSWER_MILLIS);
      connection.setRequestProperty("Accept", json ? "application/json" : "text/plain");
      return text(answer(connection, arguments));
    } catch (IOException e) {
      throw silent(subject, e);
    }
  }

  /**
   * Gives each part of a stream to {@code parts}, until it ends. A {@link UserError} if it ends
   * because of an error.
   */
  public void follow(
      Subject subject,
      ControlCommand<?> command,
      Arguments arguments,
      Consumer<Map<String, Object>> parts) {
    try {
      InputStream stream = answer(connect(subject, command, SILENT_MILLIS), arguments);
      try (BufferedReader reader =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          if (!line.isEmpty()) {
            take(Json.readObject(line), parts);
          }
        }
      }
    } catch (IOException e) {
      throw silent(subject, e);
    }
  }

  private static void take(Map<String, Object> part, Consumer<Map<String, Object>> parts) {
    if (part.get("error") instanceof String error) {
      throw new UserError(error);
    }
    parts.accept(part);
  }

  private static UserError silent(Subject subject, IOException e) {
    return new UserError("%s does not answer: %s.".formatted(subject.name(), e), e);
  }

  private static HttpURLConnection connect(
      Subject subject, ControlCommand<?> command, int readMillis) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + subject.file.port() + subject.path + command.name());
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(readMillis);
    connection.setRequestProperty("Authorization", "Bearer " + subject.file.token());
    connection.setRequestProperty("Content-Type", "application/json");
    return connection;
  }

  /** What is answered; a {@link UserError} with its sentence if that is a refusal. */
  private static InputStream answer(HttpURLConnection connection, Arguments arguments)
      throws IOException {
    byte[] body = Json.write(arguments.toJson()).getBytes(StandardCharsets.UTF_8);
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(body.length);
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body);
    }
    if (connection.getResponseCode() == HttpURLConnection.HTTP_OK) {
      return connection.getInputStream();
    }
    Map<String, Object> refused = Json.readObject(text(connection.getErrorStream()));
    throw new UserError(String.valueOf(refused.get("error")));
  }

  private static String text(InputStream stream) throws IOException {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
