package dev.quire.machine.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.Thread.State;
import java.time.DayOfWeek;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class StateStreamTest {
  private static byte[] twoSections() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StateWriter out = new StateWriter(bytes);
    out.countFrom(1000);
    out.section(
        "first",
        content -> {
          content.putBoolean(true);
          content.putInt(-7);
          content.putLong(Long.MIN_VALUE);
          content.putInstant(1030);
          content.putConstant(State.BLOCKED);
        });
    out.section(
        "second",
        content -> {
          content.putCounted(new byte[10_000]);
          content.put(new byte[] {1, 2, 3});
        });
    return bytes.toByteArray();
  }

  private static void readFirst(StateReader content) {
    assertThat(content.getBoolean()).isTrue();
    assertThat(content.getInt("a number", -7, 0)).isEqualTo(-7);
    assertThat(content.getLong()).isEqualTo(Long.MIN_VALUE);
    assertThat(content.getInstant()).isEqualTo(530);
    assertThat(content.getConstant(State.class)).isEqualTo(State.BLOCKED);
  }

  private static void read(InputStream bytes) {
    StateReader in = new StateReader(bytes);
    in.countFrom(500);
    in.section("first", StateStreamTest::readFirst);
    in.section(
        "second",
        content -> {
          assertThat(content.getCounted("zeros", 10_000)).isEqualTo(new byte[10_000]);
          assertThat(content.get(3)).containsExactly(1, 2, 3);
        });
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    InputStream bytes = new ByteArrayInputStream(twoSections());
    read(bytes);
    assertThat(bytes.read()).isEqualTo(-1);
  }

  @Test
  void whatEndsTooEarlyIsAFault() {
    byte[] whole = twoSections();
    for (int length = 0; length < whole.length; length += length < 100 ? 1 : 97) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(new ByteArrayInputStream(part)))
          .isInstanceOf(StateFault.class)
          .hasMessageMatching("The saved state ends within \"(first|second)\"\\.");
    }
  }

  @Test
  void lengthsBeyondReasonTakeNoMemory() {
    byte[] tooLong = {1, 'a', 0, 0, 0, 4};
    byte[] negative = {1, 'a', 0, 0, 0, (byte) 0x80};
    byte[] notThere = {1, 'a', 0, 0, 0, 3, 9};
    for (byte[] bytes : new byte[][] {tooLong, negative, notThere}) {
      StateReader in = new StateReader(new ByteArrayInputStream(bytes));
      assertThatThrownBy(() -> in.section("a", content -> {})).isInstanceOf(StateFault.class);
    }
  }

  @Test
  void valuesOutOfTheirRangeAreFaults() {
    assertFault(out -> out.putInt(9), in -> in.getInt("a size", 0, 8), "a size is 9, not from 0");
    assertFault(out -> out.put(new byte[] {2}), StateReader::getBoolean, "a yes or no is 2");
    assertFault(
        out -> out.putCounted(new byte[5]), in -> in.getCounted("input", 4), "the length of input");
    assertFault(out -> out.putInt(-1), in -> in.getCounted("input", 4), "the length of input");
    assertFault(out -> out.putInt(1), StateReader::getLong, "is too short");
    assertFault(out -> out.putInt(1), in -> {}, "is 4 bytes too long");
    assertFault(out -> out.putLong(1L << 62), StateReader::getInstant, "an instant is");
    assertFault(
        out -> out.putConstant(State.NEW),
        in -> in.getConstant(DayOfWeek.class),
        "there is no DayOfWeek \"NEW\"");
  }

  private static void assertFault(
      Consumer<StateWriter> writer, Consumer<StateReader> reader, String sentence) {
    byte[] state = States.save(writer);
    assertThatThrownBy(() -> States.load(state, reader))
        .isInstanceOf(StateFault.class)
        .hasMessageContaining(sentence)
        .hasMessageEndingWith(".");
  }

  @Test
  void anotherSectionIsAFault() {
    byte[] state = twoSections();
    assertThatThrownBy(() -> States.load(state, content -> {}))
        .isInstanceOf(StateFault.class)
        .hasMessage("Where the saved state should have \"part\" is something else.");
  }
}
