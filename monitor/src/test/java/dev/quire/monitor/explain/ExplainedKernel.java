package dev.quire.monitor.explain;

import static dev.quire.monitor.Program.T1;

import dev.quire.monitor.Guest;
import dev.quire.monitor.Program;
import dev.quire.monitor.VmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A guest with tables of its own, to be looked at. */
final class ExplainedKernel {
  /** When {@link #ask} asks: in the loop at the program's end. */
  private static final long WHEN = 150;

  private static final int SATP = 0x180;
  private static final long SV48 = 9L << 60;
  static final long TABLES = Program.RESULTS + 0x10000;

  /** A page that is mapped at 4 KiB, and one that is mapped but was never touched. */
  static final long GVA = 0x40_0000_0000L;

  static final long UNTOUCHED = GVA + 0x1000;

  /**
   * A kernel that maps itself by a 1 GiB leaf and {@link #GVA} by four levels, turns Sv48 on, loads
   * from there, and goes on for a while.
   */
  static Program program() {
    Program program = new Program();
    store(program, TABLES, table(1));
    store(program, TABLES + 0x1000 + 8 * 2, leaf(0x8000_0000L, 0xcf));
    store(program, TABLES + 0x1000 + 8 * 256, table(2));
    store(program, TABLES + 0x2000, table(3));
    store(program, TABLES + 0x3000, leaf(Program.RESULTS, 0xc7));
    store(program, TABLES + 0x3008, leaf(Program.RESULTS + 0x80_0000, 0xd3));
    store(program, Program.RESULTS, 1);
    program
        .li(T1, SV48 | TABLES >>> 12)
        .csrw(SATP, T1)
        .li(T1, GVA)
        .load(3, 5, T1, 0)
        .li(T1, 100)
        .addi(T1, T1, -1);
    return program.loopWhileNotZero(T1, -4).powerOff();
  }

  private static void store(Program program, long gpa, long value) {
    program.li(5, value).li(T1, gpa).store(3, 5, T1, 0);
  }

  private static long table(int number) {
    return leaf(TABLES + 0x1000L * number, 1);
  }

  private static long leaf(long gpa, long bits) {
    return gpa >>> 12 << 10 | bits;
  }

  private ExplainedKernel() {}

  /** What {@code question} finds when the kernel is in its loop. */
  static <T> T ask(UnaryOperator<VmConfig.Builder> options, Function<MemoryExplainer, T> question) {
    return ask(program(), options, question);
  }

  /** The same of another program. */
  static <T> T ask(
      Program program,
      UnaryOperator<VmConfig.Builder> options,
      Function<MemoryExplainer, T> question) {
    List<T> answers = new ArrayList<>();
    try (Guest guest = new Guest(program, options)) {
      MemoryExplainer explainer = new MemoryExplainer(guest.vm());
      guest.vm().atInstruction(WHEN, () -> answers.add(question.apply(explainer)));
      guest.run();
    }
    return answers.getFirst();
  }
}
