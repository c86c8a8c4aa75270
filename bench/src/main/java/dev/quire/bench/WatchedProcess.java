package dev.quire.bench;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process whose output and errors are read together, as they come. */
final class WatchedProcess implements AutoCloseable {
  private static final long LIMIT_NANOS = 300_000_000_000L;

  private final String name;
  private final Process process;
  private final Thread reader;
  private final long start;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private boolean ended;

  WatchedProcess(String program, String... arguments) {
    name = program;
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(variable -> variable.startsWith("QUIRE_"));
    start = System.nanoTime();
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UserError(program + " cannot be started: " + e.getMessage(), e);
    }
    reader = Thread.ofPlatform().daemon().start(this::read);
  }

  private void read() {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = process.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        synchronized (this) {
          text.write(buffer, 0, n);
          notifyAll();
        }
      }
    } catch (IOException e) {
      // The process has been ended: there is no more to read.
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  /** Waits until it has printed {@code wanted}; returns the seconds from its start till then. */
  synchronized double secondsUntil(String wanted) {
    try {
      while (!output().contains(wanted)) {
        long left = LIMIT_NANOS - (System.nanoTime() - start);
        if (ended || left <= 0) {
          throw new UserError(name + " did not print '" + wanted + "':\n" + output());
        }
        wait(left / 1_000_000 + 1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted.", e);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** All that it has printed. */
  synchronized String output() {
    return text.toString(StandardCharsets.UTF_8);
  }

  /** Waits for its end and returns what it has printed. */
  String outputAtEnd() {
    try {
      if (!process.waitFor(LIMIT_NANOS, TimeUnit.NANOSECONDS)) {
        throw new UserError(name + " does not end:\n" + output());
      }
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted.", e);
    }
    return output();
  }

  void type(String line) {
    try {
      OutputStream in = process.getOutputStream();
      in.write(line.getBytes(StandardCharsets.UTF_8));
      in.flush();
    } catch (IOException e) {
      throw new UserError(name + " takes no input:\n" + output(), e);
    }
  }

  /** Linux's /proc/PID/status of it; empty where there is none. */
  String status() {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
