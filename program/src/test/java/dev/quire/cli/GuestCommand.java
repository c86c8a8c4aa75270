package dev.quire.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Runs {@code quire run} in this process and keeps what it prints. One at a time. */
public final class GuestCommand {
  /** Skips what of a boot takes longest and matters to none of the tests. */
  public static final String FAST_BOOT =
      "cryptomgr.notests=1 audit=0 lsm=capability initcall_blacklist=load_system_certificate_list,"
          + "load_builtin_revocation_certs,jent_mod_init,check_unaligned_access_all_cpus,"
          + "trace_eval_init";

  private final int status;
  private final byte[] output;
  private final String errors;

  private GuestCommand(int status, byte[] output, String errors) {
    this.status = status;
    this.output = output;
    this.errors = errors;
  }

  /** With nothing on standard input. */
  static GuestCommand run(String... options) {
    return runTyping(InputStream.nullInputStream(), options);
  }

  static GuestCommand runTyping(InputStream typed, String... options) {
    return withAppend("run", typed, options);
  }

  /** {@code quire up}, whose guests' command lines are in the host file. */
  static GuestCommand up(String... options) {
    List<String> arguments = new ArrayList<>(List.of("up"));
    arguments.addAll(List.of(options));
    return command(InputStream.nullInputStream(), arguments);
  }

  /** {@code quire compare}, likewise. */
  static GuestCommand compare(String... options) {
    return withAppend("compare", InputStream.nullInputStream(), options);
  }

  private static GuestCommand withAppend(String name, InputStream typed, String... options) {
    List<String> arguments = new ArrayList<>(List.of(name, "--append", FAST_BOOT));
    arguments.addAll(List.of(options));
    return command(typed, arguments);
  }

  private static GuestCommand command(InputStream typed, List<String> arguments) {
    StringWriter errors = new StringWriter();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    InputStream in = System.in;
    PrintStream out = System.out;
    System.setIn(typed);
    System.setOut(new PrintStream(output, false, StandardCharsets.UTF_8));
    try {
      int status = Main.run(new PrintWriter(errors), arguments.toArray(String[]::new));
      System.out.flush();
      return new GuestCommand(status, output.toByteArray(), errors.toString());
    } finally {
      System.setIn(in);
      System.setOut(out);
    }
  }

  int status() {
    return status;
  }

  byte[] bytes() {
    return output;
  }

  String text() {
    return new String(output, StandardCharsets.UTF_8);
  }

  String errors() {
    return errors;
  }
}
