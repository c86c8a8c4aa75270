package dev.quire.machine.device;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The two ways for a program to end the run: the test finisher and HTIF. */
class PowerDevicesTest {
  private static final long BASE = 0x8000_0000L;
  private static final long TOHOST = BASE + 0x1000;
  private static final long FROMHOST = BASE + 0x1040;
  private static final long CALL = BASE + 0x2000;

  private final List<String> events = new ArrayList<>();
  private final PowerSwitch power =
      new PowerSwitch() {
        @Override
        public void powerOff(int exitStatus) {
          events.add("off " + exitStatus);
        }

        @Override
        public void reset() {
          events.add("reset");
        }
      };
  private final TextSink output = new TextSink();
  private final PhysicalMemory memory = new PhysicalMemory(BASE, 0x10000);
  private final Htif htif = new Htif(memory, TOHOST, FROMHOST, output, power);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void finisher() {
    TestFinisher finisher = new TestFinisher(power);
    finisher.write(0, 4, 0x1234);
    finisher.write(4, 4, 0x5555);
    finisher.write(0, 4, 0x5555);
    finisher.write(0, 4, 0xffff_ffff_002a_3333L);
    finisher.write(0, 4, 0x7777);
    assertThat(events).containsExactly("off 0", "off 42", "reset");
    assertThatThrownBy(() -> finisher.write(0, 8, 0x5555)).isInstanceOf(BusFault.class);
  }

  @Test
  void exitCodes() {
    assertThat(htif.poll()).isFalse();
    memory.writeLong(TOHOST, 1);
    assertThat(htif.poll()).isTrue();
    assertThat(memory.readLong(TOHOST)).isZero();
    memory.writeLong(TOHOST, 1337 << 1 | 1);
    htif.poll();
    memory.writeLong(TOHOST, 0x0000_ffff_ffff_ffffL);
    htif.poll();
    assertThat(events).containsExactly("off 0", "off 1337", "off " + Integer.MAX_VALUE);
  }

  @Test
  void consoleCharacters() {
    for (char c : "ok".toCharArray()) {
      memory.writeLong(TOHOST, 0x0101_0000_0000_0000L | c);
      assertThat(htif.poll()).isTrue();
    }
    memory.writeLong(TOHOST, 0x0100_0000_0000_0000L);
    htif.poll();
    assertThat(memory.readLong(TOHOST)).isZero();
    assertThat(memory.readLong(FROMHOST)).isZero();
    assertThat(output).hasToString("ok");
  }

  private long call(long number, long... arguments) {
    memory.writeLong(CALL, number);
    for (int i = 0; i < arguments.length; i++) {
      memory.writeLong(CALL + 8 + 8L * i, arguments[i]);
    }
    memory.writeLong(FROMHOST, 0);
    memory.writeLong(TOHOST, CALL);
    htif.poll();
    assertThat(memory.readLong(FROMHOST)).isEqualTo(1);
    return memory.readLong(CALL);
  }

  @Test
  void systemCalls() {
    byte[] text = "x".repeat(5000).getBytes(ISO_8859_1);
    memory.write(BASE + 0x4000, text, 0, text.length);
    assertThat(call(64, 1, BASE + 0x4000, text.length)).isEqualTo(text.length);
    assertThat(output.toString()).hasSize(5000);
    assertThat(call(64, 7, BASE + 0x4000, 1)).isEqualTo(-9);
    assertThat(call(64, 1, BASE + 0xfff0, 0x11)).isEqualTo(-14);
    assertThat(call(64, 1, BASE, Long.MIN_VALUE)).isEqualTo(-14);
    assertThat(call(80, 1, 2, 3)).isEqualTo(-38);
    call(93, 3);
    assertThat(events).containsExactly("off 3");
  }

  @Test
  void callsFromOutsideMemoryAreHarmless() {
    for (long hpa : new long[] {2, BASE - 8, BASE + 0xfff8, 0x7fff_ffff_fffeL}) {
      memory.writeLong(TOHOST, hpa);
      assertThat(htif.poll()).isTrue();
    }
    Htif silent = new Htif(memory, TOHOST, -1, output, power);
    memory.writeLong(TOHOST, CALL);
    assertThat(silent.poll()).isTrue();
    assertThat(events).isEmpty();
  }
}
