package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.board.PowerControl.Kind;
import dev.quire.machine.board.PowerControl.Request;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs of a few instructions, written as words, on the whole machine. */
class BareMachineTest {
  private static final int LUI_T0_FINISHER = 0x001002b7; // lui t0, 0x100
  private static final int LUI_T1_5 = 0x00005337; // lui t1, 0x5
  private static final int PASS = 0x55530313; // addi t1, t1, 0x555
  private static final int LUI_T1_37 = 0x00373337; // lui t1, 0x373: fail with status 0x37
  private static final int FAIL = 0x33330313; // addi t1, t1, 0x333
  private static final int LUI_T1_7 = 0x00007337; // lui t1, 0x7
  private static final int RESET = 0x77730313; // addi t1, t1, 0x777
  private static final int STORE_T1 = 0x0062a023; // sw t1, 0(t0)
  private static final int WFI = 0x10500073;
  private static final int LUI_T0_UART = 0x100002b7; // lui t0, 0x10000
  private static final int LOOP = 0x0000006f; // j .

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private static ProgramFile program(int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      bytes.putInt(word);
    }
    return new ProgramFile("test.bin", bytes.array());
  }

  private static BareOptions options(int harts, boolean hostClock) {
    return new BareOptions(Isa.full(), 8L << 20, harts, hostClock, "quiet", 1);
  }

  private Request run(BareOptions options, int... words) {
    try (var machine = new BareMachine(options, List.of(), printed::write)) {
      machine.start(BootImage.load(machine.memory(), options, program(words), null, null));
      return machine.run();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theFinisherEndsTheRun(boolean hostClock) {
    BareOptions options = options(2, hostClock);
    assertThat(run(options, LUI_T0_FINISHER, LUI_T1_5, PASS, STORE_T1, LOOP))
        .isEqualTo(new Request(Kind.OFF, 0));
    assertThat(run(options, LUI_T0_FINISHER, LUI_T1_37, FAIL, STORE_T1, LOOP))
        .isEqualTo(new Request(Kind.OFF, 0x37));
    assertThat(run(options, LUI_T0_FINISHER, LUI_T1_7, RESET, STORE_T1, LOOP))
        .isEqualTo(new Request(Kind.RESET, 0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void waitingForEverIsADeadlock(boolean hostClock) {
    assertThat(run(options(2, hostClock), WFI, LOOP)).isEqualTo(new Request(Kind.DEADLOCK, 0));
  }

  @Test
  void theUartPrints() {
    int loadQ = 0x05100313; // li t1, 'Q'
    int storeByte = 0x00628023; // sb t1, 0(t0)
    Request end =
        run(
            options(1, false),
            LUI_T0_UART,
            loadQ,
            storeByte,
            LUI_T0_FINISHER,
            LUI_T1_5,
            PASS,
            STORE_T1);
    assertThat(end).isEqualTo(new Request(Kind.OFF, 0));
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("Q");
  }

  @Test
  void hartsStartWithTheirArguments() {
    BareOptions options = options(2, false);
    try (var machine = new BareMachine(options, List.of(), printed::write)) {
      var image = BootImage.load(machine.memory(), options, program(LOOP), program(WFI), null);
      machine.start(image);
      assertThat(machine.hart(1).pc()).isEqualTo(BareMachine.RAM);
      assertThat(machine.hart(1).x[10]).isEqualTo(1);
      long tree = machine.hart(1).x[11];
      assertThat(Integer.reverseBytes(machine.memory().readInt(tree))).isEqualTo(0xd00dfeed);
      assertThat(tree % MemorySize.UNIT).isZero();
      long info = machine.hart(1).x[12];
      assertThat(machine.memory().readLong(info)).isEqualTo(0x4942534f);
      assertThat(machine.memory().readLong(info + 8)).isEqualTo(2);
      assertThat(machine.memory().readLong(info + 16)).isEqualTo(BareMachine.RAM + (2 << 20));
      assertThat(machine.memory().readLong(info + 24)).isEqualTo(1);
      assertThat(machine.memory().readInt(BareMachine.RAM + (2 << 20))).isEqualTo(WFI);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    byte[] image = new byte[64];
    ByteBuffer.wrap(image)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(16, 1L << 40)
        .putInt(56, 0x05435352);
    assertRefused("needs 1048576 MiB", new ProgramFile("Image", image), null);
    ByteBuffer.wrap(image).put(23, (byte) 0x80);
    assertRefused("damaged Image header", new ProgramFile("Image", image), null);
    assertRefused("compressed", new ProgramFile("Image.gz", new byte[] {0x1f, (byte) 0x8b}), null);
    assertRefused(
        "8 MiB of memory cannot hold the program and the initrd: at least 16 MiB are needed.",
        null,
        new ProgramFile("initrd", new byte[13 << 20]));
  }

  private static void assertRefused(
      String sentence, @Nullable ProgramFile kernel, @Nullable ProgramFile initrd) {
    BareOptions options = options(1, false);
    try (var machine = new BareMachine(options, List.of(), (bytes, offset, length) -> {})) {
      assertThatThrownBy(
              () -> BootImage.load(machine.memory(), options, program(LOOP), kernel, initrd))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(sentence);
    }
  }
}
