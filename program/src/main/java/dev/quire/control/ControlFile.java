package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How to reach a server.
 *
 * @param name of the host, or of the guest if there is no host
 * @param pid of the process that serves
 * @param started when that process was started, in milliseconds since 1970, or 0 if the host does
 *     not say; a later process may have the same pid
 * @param port on 127.0.0.1
 * @param token what to show there
 * @param isHost whether it serves a host
 * @param guests the names of all guests that it serves
 */
record ControlFile(
    String name,
    long pid,
    long started,
    int port,
    String token,
    boolean isHost,
    List<String> guests) {
  private static final int MAX_SIZE = 1 << 20;

  ControlFile {
    guests = List.copyOf(guests);
  }

  /** Of this process. */
  static ControlFile ofThisProcess(String name, int port, String token, Controlled controlled) {
    ProcessHandle self = ProcessHandle.current();
    return new ControlFile(
        name, self.pid(), startOf(self), port, token, controlled.isHost(), controlled.guests());
  }

  private static long startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** Whether the process that wrote it still runs. */
  boolean isAlive() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .map(process -> startOf(process) == started)
        .orElse(false);
  }

  /** The same server, with other guests. */
  ControlFile withGuests(List<String> names) {
    return new ControlFile(name, pid, started, port, token, isHost, names);
  }

  /** Whether the other is of the same server, whatever guests it had then. */
  boolean isSameServer(ControlFile other) {
    return withGuests(List.of()).equals(other.withGuests(List.of()));
  }

  /** What it is, for a sentence: "host" or "guest". */
  String kind() {
    return isHost ? "host" : "guest";
  }

  String json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("pid", pid);
    object.put("started", started);
    object.put("port", port);
    object.put("token", token);
    object.put("host", isHost);
    object.put("vms", guests);
    return Json.write(object);
  }

  /** What a file says; nothing if it has gone or is none of ours. */
  static Optional<ControlFile> read(Path path) {
    try {
      if (Files.size(path) > MAX_SIZE) {
        return Optional.empty();
      }
      Map<String, Object> object = Json.readObject(Files.readString(path));
      if (object.get("name") instanceof String name
          && object.get("pid") instanceof Number pid
          && object.get("started") instanceof Number started
          && object.get("port") instanceof Number port
          && object.get("token") instanceof String token
          && object.get("host") instanceof Boolean host
          && object.get("vms") instanceof List<?> vms) {
        List<String> guests = new ArrayList<>();
        vms.forEach(vm -> guests.add(String.valueOf(vm)));
        return Optional.of(
            new ControlFile(
                name, pid.longValue(), started.longValue(), port.intValue(), token, host, guests));
      }
      return Optional.empty();
    } catch (IOException | UserError e) {
      return Optional.empty();
    }
  }
}
