package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Programs of the host that are used where they are installed. */
final class HostProgram {
  private HostProgram() {}

  /** Looks in the search path and in the folders for administrators, which it often leaves out. */
  static Optional<Path> find(String name) {
    List<String> folders = new ArrayList<>();
    String searchPath = System.getenv("PATH");
    if (searchPath != null) {
      folders.addAll(List.of(searchPath.split(":")));
    }
    folders.addAll(List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin"));
    return folders.stream()
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * A finished program.
   *
   * @param status its exit status
   * @param output what it wrote to standard output and standard error
   */
  record Result(int status, String output) {}

  static Result run(List<String> command, Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Result(process.waitFor(), output);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new UserError(command.getFirst() + " was interrupted.", e);
    }
  }
}
