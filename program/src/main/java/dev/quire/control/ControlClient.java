package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Asks running guests of this user, through their servers. By the JDK's old HTTP client: a command
 * asks one question, and the new one alone would take longer to start than all the rest.
 */
public final class ControlClient {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int ANSWER_MILLIS = 120_000;

  private final ControlFolder folder;

  public ControlClient(ControlFolder folder) {
    this.folder = folder;
  }

  /** The answer of the guest called {@code name}, as JSON or for reading. */
  public String ask(String name, ControlCommand command, Arguments arguments, boolean json) {
    return ask(folder.find(name), command, arguments, json);
  }

  private static String ask(
      ControlFile file, ControlCommand command, Arguments arguments, boolean json) {
    String path = "/vms/" + file.name() + "/" + command.name();
    byte[] body = Json.write(arguments.toJson()).getBytes(StandardCharsets.UTF_8);
    try {
      URL url = URI.create("http://127.0.0.1:" + file.port() + path).toURL();
      HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(CONNECT_MILLIS);
      connection.setReadTimeout(ANSWER_MILLIS);
      connection.setRequestProperty("Authorization", "Bearer " + file.token());
      connection.setRequestProperty("Accept", json ? "application/json" : "text/plain");
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(body.length);
      try (OutputStream out = connection.getOutputStream()) {
        out.write(body);
      }
      if (connection.getResponseCode() == HttpURLConnection.HTTP_OK) {
        return text(connection.getInputStream());
      }
      Map<String, Object> refused = Json.readObject(text(connection.getErrorStream()));
      throw new UserError(String.valueOf(refused.get("error")));
    } catch (IOException e) {
      throw new UserError("The guest %s does not answer: %s.".formatted(file.name(), e), e);
    }
  }

  private static String text(InputStream stream) throws IOException {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The running guests: name, process, paging method. */
  public Answer list() {
    List<Map<String, Object>> guests = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    String line = "%-16s %8s  %s%n";
    text.append(String.format(Locale.ROOT, line, "NAME", "PID", "PAGING"));
    for (ControlFile file : folder.running()) {
      String paging = paging(file);
      Map<String, Object> guest = new LinkedHashMap<>();
      guest.put("name", file.name());
      guest.put("pid", file.pid());
      guest.put("paging", paging);
      guests.add(guest);
      text.append(String.format(Locale.ROOT, line, file.name(), file.pid(), paging));
    }
    return new Answer(text.toString(), Map.of("vms", guests));
  }

  /** Empty if the guest has none at the moment. */
  private String paging(ControlFile file) {
    ControlCommand command = ControlCommands.PAGING;
    try {
      return ask(file, command, Arguments.ofWords(command, List.of()), false).strip();
    } catch (UserError e) {
      return "";
    }
  }
}
