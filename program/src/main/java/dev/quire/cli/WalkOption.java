package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.explain.MemoryExplainer;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code --walk}: which translation to explain, and when.
 *
 * @param gva a guest-virtual address
 * @param instruction a count of instructions of CPU 0
 */
record WalkOption(long gva, long instruction) {
  private static final Pattern FORM =
      Pattern.compile("(?:0[xX])?([0-9a-fA-F]{1,16})@([0-9](?:_?[0-9]){0,17})");

  static WalkOption parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw UserError.of(
          "--walk %s is not a hexadecimal address, an @, and a number of instructions, as in"
              + " 80200000@1000000.",
          text);
    }
    return new WalkOption(
        Long.parseUnsignedLong(form.group(1), 16), Long.parseLong(form.group(2).replace("_", "")));
  }

  static List<WalkOption> parse(List<String> texts) {
    return texts.stream().map(WalkOption::parse).toList();
  }

  /** Has {@code show} get the explanation as soon as {@code vm} comes to the instruction. */
  void prepare(VirtualMachine vm, Consumer<String> show) {
    MemoryExplainer explainer = new MemoryExplainer(vm);
    vm.atInstruction(
        instruction,
        () ->
            show.accept(
                "At instruction %,d: %s\n".formatted(instruction, explainer.walk(0, gva).text())));
  }
}
