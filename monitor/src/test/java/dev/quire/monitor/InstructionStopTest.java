package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.S0;
import static dev.quire.monitor.Program.S1;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Stops at instruction counts: exact, and without any effect on the guest. */
class InstructionStopTest {
  private static final int SIE = 0x104;
  private static final int STIMECMP = 0x14d;
  private static final int INSTRET = 0xc02;
  private static final int TIME = 0xc01;

  /**
   * Hart 1 counts in memory; hart 0 reads a device, RAM and that count until its timer comes, waits
   * for another interrupt, and keeps when all that was.
   */
  private static Program program() {
    long at = Program.START + 0x1000;
    Program handler = new Program().csrr(S0, INSTRET).keep(S0, 0).csrr(S0, TIME).keep(S0, 1);
    handler.li(T1, Program.RESULTS).load(3, S0, T1, 64).keep(S0, 2);
    handler.li(T1, 400).csrw(STIMECMP, T1).wfi().csrr(S0, TIME).keep(S0, 3);
    handler.li(T1, Program.RESULTS).load(3, S0, T1, 64).keep(S0, 4).powerOff();
    Program program = new Program().handler(handler).sbi(0x48534d, 0, 1, at, 0);
    program.li(A0, 234).csrw(STIMECMP, A0).li(A0, 1 << 5).csrs(SIE, A0);
    program.li(A0, 2).csrs(0x100, A0).li(T1, GuestLayout.UART + 7).li(T2, Program.RESULTS);
    program.load(0, A0, T1, 0).load(3, A0, T2, 64).loopWhileZero(Program.ZERO, -8);
    Program second = new Program().li(T2, Program.RESULTS).load(3, S1, T2, 64).addi(S1, S1, 1);
    second.store(3, S1, T2, 64).loopWhileZero(Program.ZERO, -12);
    return program.padTo(at).append(second);
  }

  /** All that can be seen of a run with stops at {@code counts}, which come to {@code stopped}. */
  private static List<Object> seen(LongStream counts, List<Long> stopped) {
    List<Object> seen = new ArrayList<>();
    try (Guest guest = new Guest(program(), options -> options.cpus(2))) {
      VirtualMachine vm = guest.vm();
      counts.forEach(
          count ->
              vm.atInstruction(count, () -> stopped.add(vm.vcpus().getFirst().hart().completed())));
      seen.add(guest.run());
      for (int slot = 0; slot <= 8; slot++) {
        seen.add(guest.result(slot));
      }
      vm.vcpus().forEach(vcpu -> seen.add(vcpu.hart().completed()));
      seen.add(vm.exits().total());
      seen.add(vm.walks().count());
    }
    return seen;
  }

  @Test
  void stopsAreExactAndChangeNothing() {
    List<Object> without = seen(LongStream.empty(), new ArrayList<>());
    List<Long> stopped = new ArrayList<>();
    long[] counts = LongStream.range(0, 400).map(i -> i * i % 23_399).sorted().toArray();
    assertThat(seen(LongStream.of(counts), stopped)).isEqualTo(without);
    assertThat(stopped).containsExactlyElementsOf(LongStream.of(counts).boxed().toList());
    assertThat(without.get(2)).as("time of the interrupt").isEqualTo(234L);
  }

  @Test
  void aStopThatIsNeverReachedNeverRuns() {
    List<Long> stopped = new ArrayList<>();
    seen(LongStream.of(-1, 1L << 40, Long.MAX_VALUE), stopped);
    assertThat(stopped).isEmpty();
  }

  @Test
  void aStopMayAskForTheNext() {
    List<Long> stopped = new ArrayList<>();
    try (Guest guest = new Guest(program())) {
      VirtualMachine vm = guest.vm();
      vm.atInstruction(
          10,
          () -> {
            vm.atInstruction(10, () -> stopped.add(vm.instructions()));
            vm.atInstruction(9, () -> stopped.add(-1L));
            vm.atInstruction(11, () -> stopped.add(vm.instructions()));
          });
      guest.run();
    }
    assertThat(stopped).containsExactly(10L, 11L);
  }
}
