package dev.quire.cli;

import dev.quire.machine.board.BootImage;
import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.PhysicalMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The result that RISC-V's architectural tests leave between begin_signature and end_signature, in
 * the form they compare: one line of 8 hexadecimal digits for each 4 bytes.
 */
final class Signature {
  private static final int GRANULE = 4;

  private final PhysicalMemory memory;
  private final long start;
  private final long end;
  private final Path file;

  private Signature(PhysicalMemory memory, long start, long end, Path file) {
    this.memory = memory;
    this.start = start;
    this.end = end;
    this.file = file;
  }

  /** The program's signature, to be written to {@code file}; wrong symbols are the user's error. */
  static Signature of(BootImage image, PhysicalMemory memory, Path file) {
    long start = image.symbol("begin_signature");
    long end = image.symbol("end_signature");
    if (start == BootImage.NONE || end == BootImage.NONE) {
      throw UserError.of(
          "--signature needs a program with the symbols begin_signature and end_signature.");
    }
    if (end < start || (end - start) % GRANULE != 0 || !memory.contains(start, end - start)) {
      throw UserError.of(
          "The signature from 0x%x to 0x%x is not a range of 4-byte words in memory.", start, end);
    }
    return new Signature(memory, start, end, file);
  }

  void write() {
    List<String> lines = new ArrayList<>();
    for (long hpa = start; hpa < end; hpa += GRANULE) {
      lines.add("%08x".formatted(memory.readInt(hpa)));
    }
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw UserError.of("The signature cannot be written to %s: %s.", file, e.getMessage());
    }
  }
}
