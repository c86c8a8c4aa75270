package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How to reach a running guest's server.
 *
 * @param pid of the process that serves
 * @param started when that process was started, in milliseconds since 1970, or 0 if the host does
 *     not say; a later process may have the same pid
 * @param port on 127.0.0.1
 * @param token what to show there
 */
record ControlFile(String name, long pid, long started, int port, String token) {
  private static final int MAX_SIZE = 4096;

  /** Of this process. */
  static ControlFile ofThisProcess(String name, int port, String token) {
    ProcessHandle self = ProcessHandle.current();
    return new ControlFile(name, self.pid(), startOf(self), port, token);
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

  String json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("pid", pid);
    object.put("started", started);
    object.put("port", port);
    object.put("token", token);
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
          && object.get("token") instanceof String token) {
        return Optional.of(
            new ControlFile(name, pid.longValue(), started.longValue(), port.intValue(), token));
      }
      return Optional.empty();
    } catch (IOException | UserError e) {
      return Optional.empty();
    }
  }
}
