package dev.quire.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.run.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Two guests that differ in their device tree, which they read: where the difference comes into a
 * register is known exactly.
 */
class FirstDifferenceTest {
  private static final long KERNEL = 0x8020_0000L;
  private static final int LOAD = 0x0005b283;

  /** Adds up 10,000 doublewords of the device tree, then ends the guest. */
  private static final int[] PROGRAM = {
    0x000024b7, // lui s1, 2
    0x71048493, // addi s1, s1, 1808
    LOAD, // ld t0, 0(a1)
    0x00540433, // add s0, s0, t0
    0x00858593, // addi a1, a1, 8
    0xfff48493, // addi s1, s1, -1
    0xfe0498e3, // bnez s1, the load
    0x535258b7, // lui a7, the number of system reset
    0x3548889b, // addiw a7, a7, 0x354
    0x00000813, // li a6, 0
    0x00000513, // li a0, 0
    0x00000593, // li a1, 0
    0x00000073 // ecall
  };

  private static VmConfig config(String append, PagingChoice paging) {
    ByteBuffer program = ByteBuffer.allocate(4 * PROGRAM.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : PROGRAM) {
      program.putInt(word);
    }
    return new VmConfig.Builder(new GuestFile("program", program.array()))
        .memory(16 << 20)
        .append(append)
        .paging(paging)
        .build();
  }

  private static Difference find(VmConfig first, VmConfig second) {
    return new FirstDifference(first, "true").find(second);
  }

  @Test
  void theInstructionThatReadsAnotherValueIsNamed() {
    VmConfig first = config("one", PagingChoice.NESTED);
    Difference found = find(first, config("two", PagingChoice.NATIVE));
    Difference.Place place = Objects.requireNonNull(found.place());
    assertThat(place.pc()).isEqualTo(KERNEL + 8);
    assertThat(place.bits()).isEqualTo(LOAD);
    assertThat(found.same() % 5).as("two instructions, then five each round").isEqualTo(2);
    assertThat(found.registers()).containsOnlyKeys("t0");
    List<Long> values = Objects.requireNonNull(found.registers().get("t0"));
    assertThat(values.getFirst() ^ values.getLast()).as("letters of one, two").isNotZero();
    assertThat(found.text("nested", "native"))
        .startsWith("DIFFERENT: nested and native: instruction ")
        .contains("at pc 0x0000000080200008, bits 0x0005b283\n  t0       0x");
    assertThat(Json.write(found.json()))
        .contains("\"different\": true", "\"bits\": \"0x0005b283\"");
  }

  @Test
  void theSameGuestsAreTheSameUnderAllMethods() {
    VmConfig first = config("one", PagingChoice.NATIVE);
    FirstDifference search = new FirstDifference(first, "true");
    for (PagingChoice paging : PagingChoice.values()) {
      Difference found = search.find(config("one", paging));
      assertThat(found.place()).as(paging.word()).isNull();
      assertThat(found.same()).isEqualTo(50_007);
      assertThat(found.text("a", "b"))
          .isEqualTo("a and b: the same states for 50,007 instructions, to the end.\n");
    }
  }
}
