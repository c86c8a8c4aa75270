package dev.quire.monitor;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.InstructionClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.machine.memory.DmaFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A virtual machine that runs a {@link Program} to its end. */
public final class Guest implements AutoCloseable {
  private static final long MEMORY = 16 << 20;

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final VirtualMachine vm;

  public Guest(Program program) {
    this(program, builder -> builder);
  }

  public Guest(Program program, UnaryOperator<VmConfig.Builder> options) {
    this(program, options, () -> {});
  }

  /** {@code onOutput} runs whenever the program prints. */
  public Guest(Program program, UnaryOperator<VmConfig.Builder> options, Runnable onOutput) {
    VmConfig.Builder builder = new VmConfig.Builder(program.build()).memory(MEMORY);
    ByteSink output =
        (bytes, offset, length) -> {
          console.write(bytes, offset, length);
          onOutput.run();
        };
    vm = new VirtualMachine(options.apply(builder).build(), output, silent());
  }

  /** On a machine that is not its own, on the instruction clock. */
  public Guest(Program program, UnaryOperator<VmConfig.Builder> options, Machine machine) {
    this(program, options, machine, InstructionClock::new);
  }

  /** On a machine that is not its own, by a clock that obeys what it is given. */
  public Guest(
      Program program,
      UnaryOperator<VmConfig.Builder> options,
      Machine machine,
      Function<PowerControl, Clock> clocks) {
    VmConfig.Builder builder = new VmConfig.Builder(program.build()).memory(MEMORY);
    PowerControl power = new PowerControl();
    Clock clock = clocks.apply(power);
    VmConfig config = options.apply(builder).build();
    vm = new VirtualMachine(config, machine, power, clock, console::write, silent());
  }

  /** That goes on from a saved state. */
  public Guest(UnaryOperator<VmConfig.Builder> options, SavedState saved) {
    VmConfig.Builder builder = new VmConfig.Builder(GuestFile.NONE).memory(MEMORY);
    vm = new VirtualMachine(options.apply(builder).build(), console::write, silent(), saved);
  }

  /** The same on a machine that is not its own, on the instruction clock. */
  public Guest(UnaryOperator<VmConfig.Builder> options, Machine machine, SavedState saved) {
    VmConfig config = options.apply(new VmConfig.Builder(GuestFile.NONE).memory(MEMORY)).build();
    PowerControl power = new PowerControl();
    Clock clock = new InstructionClock(power);
    vm = new VirtualMachine(config, machine, power, clock, console::write, silent(), saved);
  }

  private static ConsolePort silent() {
    return new ConsolePort("agent", (bytes, offset, length) -> {}, open -> {});
  }

  public PowerControl.Request run() {
    return vm.run();
  }

  public VirtualMachine vm() {
    return vm;
  }

  public String console() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  /** What the program kept in {@code slot}. */
  public long result(int slot) {
    return read(Program.RESULTS + 8L * slot);
  }

  public long read(long gpa) {
    try {
      return vm.memory().readLong(gpa);
    } catch (DmaFault e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      vm.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
