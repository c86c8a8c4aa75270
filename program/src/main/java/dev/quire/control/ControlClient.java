package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Asks running guests of this user, through their servers. */
public final class ControlClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofMinutes(2);

  private final ControlFolder folder;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(CONNECT)
          .build();

  public ControlClient(ControlFolder folder) {
    this.folder = folder;
  }

  /** The answer of the guest called {@code name}, as JSON or for reading. */
  public String ask(String name, ControlCommand command, Arguments arguments, boolean json) {
    return ask(folder.find(name), command, arguments, json);
  }

  private String ask(ControlFile file, ControlCommand command, Arguments arguments, boolean json) {
    String path = "/vms/" + file.name() + "/" + command.name();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + file.port() + path))
            .header("Authorization", "Bearer " + file.token())
            .header("Accept", json ? "application/json" : "text/plain")
            .timeout(ANSWER)
            .POST(BodyPublishers.ofString(Json.write(arguments.toJson())))
            .build();
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new UserError(String.valueOf(Json.readObject(response.body()).get("error")));
      }
      return response.body();
    } catch (IOException e) {
      throw new UserError("The guest %s does not answer: %s.".formatted(file.name(), e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("The question to " + file.name() + " was interrupted.", e);
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
