package dev.quire.machine.board;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Runs harts one instruction at a time and writes what each did, as Spike does with --log-commits:
 *
 * <pre>
 *   core   0: 3 0x0000000080000004 (0xf1402573) x10 0x0000000000000000
 *   core   0: 3 0x0000000080000008 (0x00b53023) mem 0x0000000080001000 0x0000000000000005
 * </pre>
 *
 * That is: hart, privilege, pc, instruction, registers written, addresses read, addresses and
 * values written. Instructions that trap are not in it, nor CSRs that change without being named.
 */
public final class CommitLog implements AutoCloseable {
  private static final Map<Integer, String> CSR_NAMES = csrNames();

  private final PhysicalMemory memory;
  private final Path file;
  private final BufferedWriter out;
  private final InstructionEffects effects = new InstructionEffects();
  private final long[] before = new long[33];

  /** A log of the harts of the machine with that memory; {@code file} is overwritten. */
  public CommitLog(PhysicalMemory memory, Path file) {
    this.memory = memory;
    this.file = file;
    try {
      this.out = Files.newBufferedWriter(file);
    } catch (IOException e) {
      throw UserError.of("The trace cannot be written to %s: %s.", file, e.getMessage());
    }
  }

  /** As {@link Hart#run}, with every instruction written down. Harts take turns. */
  synchronized void run(Hart hart, long instructions) {
    long end = hart.completed() + instructions;
    boolean going = true;
    while (going && hart.completed() < end) {
      Hart.Exit exit = step(hart);
      going = exit == Hart.Exit.BUDGET;
    }
  }

  private Hart.Exit step(Hart hart) {
    long pc = hart.pc();
    int privilege = hart.privilege();
    int bits = fetch(hart);
    long completed = hart.completed();
    System.arraycopy(hart.x, 0, before, 0, before.length);
    // Ends the run after a trap too, before the handler's first instruction.
    hart.requestAttention();
    Hart.Exit exit = hart.run(1);
    if (hart.completed() != completed) {
      write(hart, privilege, pc, bits);
    }
    return exit;
  }

  /** The instruction at pc; anything if it cannot be fetched, for then it does not complete. */
  private int fetch(Hart hart) {
    try {
      int low = halfword(hart, hart.pc());
      return (low & 3) != 3 ? low : low | halfword(hart, hart.pc() + 2) << 16;
    } catch (GuestTrap e) {
      return 0;
    }
  }

  private int halfword(Hart hart, long gva) {
    return Short.toUnsignedInt(memory.readShort(hart.mmu().fetchPage(gva) + (gva & 4095)));
  }

  private void write(Hart hart, int privilege, long pc, int bits) {
    effects.decode(bits);
    var line = new StringBuilder(96);
    String instruction = (bits & 3) == 3 ? hex(bits, 4) : hex(bits, 2);
    line.append("core%4d: %d %s (%s)".formatted(hart.id(), privilege, hex(pc, 8), instruction));
    if (effects.x > 0) {
      line.append(" x%-2d ".formatted(effects.x)).append(hex(hart.x[effects.x], 8));
    }
    if (effects.f >= 0) {
      line.append(" f%-2d ".formatted(effects.f)).append(hex(hart.f[effects.f], 8));
    }
    if (effects.csr >= 0) {
      appendCsr(line, hart);
    }
    if (effects.bytes != 0) {
      appendMemory(line, hart);
    }
    try {
      out.append(line).append('\n');
    } catch (IOException e) {
      throw UserError.of("The trace cannot be written to %s: %s.", file, e.getMessage());
    }
  }

  private void appendCsr(StringBuilder line, Hart hart) {
    int level = (effects.csr >>> 8) & 3;
    int number = hart.virtual() && level == Privilege.S ? effects.csr + 0x100 : effects.csr;
    String name = CSR_NAMES.getOrDefault(number, "csr");
    line.append(" c%d_%s ".formatted(number, name)).append(hex(hart.csrs().peek(number), 8));
  }

  private void appendMemory(StringBuilder line, Hart hart) {
    long gva = before[effects.base] + effects.offset;
    boolean atomic = effects.stores && effects.source < 0;
    boolean failed = atomic && !effects.loads && effects.x > 0 && hart.x[effects.x] != 0;
    if (effects.loads) {
      line.append(" mem ").append(hex(gva, 8));
    }
    if (effects.stores && !failed) {
      line.append(" mem ").append(hex(gva, 8)).append(' ');
      line.append(hex(atomic ? stored(hart, gva) : sourceValue(hart), effects.bytes));
    }
  }

  private long sourceValue(Hart hart) {
    return effects.storesFloat ? hart.f[effects.source] : before[effects.source];
  }

  /** What an atomic left in memory, which it has just accessed. */
  private long stored(Hart hart, long gva) {
    return effects.bytes == 4 ? hart.mmu().loadInt(gva) : hart.mmu().loadLong(gva);
  }

  private static String hex(long value, int bytes) {
    long low = bytes == 8 ? value : value & ((1L << (8 * bytes)) - 1);
    return ("0x%0" + 2 * bytes + "x").formatted(low);
  }

  private static Map<Integer, String> csrNames() {
    Map<Integer, String> names = new HashMap<>();
    try {
      for (Field field : CsrNumber.class.getFields()) {
        names.put(field.getInt(null), field.getName().toLowerCase(Locale.ROOT));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("CSR numbers are public", e);
    }
    for (int i = 0; i < 16; i++) {
      names.put(CsrNumber.PMPCFG0 + i, "pmpcfg" + i);
      names.put(CsrNumber.PMPADDR0 + i, "pmpaddr" + i);
    }
    return names;
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw UserError.of("The trace cannot be written to %s: %s.", file, e.getMessage());
    }
  }
}
