package dev.quire.compare;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.VmConfig;
import dev.quire.run.Counters;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Runs one workload in one guest, on the instruction clock. */
public final class GuestOfWorkload {
  private GuestOfWorkload() {}

  /**
   * Runs it to its end.
   *
   * @param config of the guest, which finds the workload's files in its initramfs
   */
  public static Outcome run(Workload workload, Setup setup, VmConfig config) {
    GuestConsole console = GuestConsole.kept(true);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (GuestRun run = new GuestRun(config, console, workload.command(), output::write)) {
      String failure = "";
      try {
        int status = run.exec();
        if (status != 0) {
          failure = "The command ended with status " + status + ": " + text(output);
        }
      } catch (UserError e) {
        failure = String.valueOf(e.getMessage());
      }
      Counters whole = run.counters();
      Counters counted = workload == Workload.BOOT ? whole : run.countersOfCommand();
      String hash = sha256(console.bytes(), output.toByteArray());
      return new Outcome(workload, setup, counted, whole.instructions(), hash, failure);
    }
  }

  private static String text(ByteArrayOutputStream output) {
    return output.toString(StandardCharsets.UTF_8).strip();
  }

  private static String sha256(byte[] first, byte[] second) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(first);
      return HexFormat.of().formatHex(digest.digest(second));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
