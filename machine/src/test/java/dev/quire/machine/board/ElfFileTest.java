package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ElfFileTest {
  private static final long BASE = 0x8000_0000L;

  @Test
  void loadsSegmentsAtPhysicalAddressesAndZeroesTheRest() {
    try (var memory = new PhysicalMemory(BASE, 2 << 20)) {
      memory.writeLong(BASE + 0x1008, -1);
      ElfFile elf = new ElfFile("prog", program(BASE + 0x1000));
      assertThat(elf.load(memory)).isEqualTo(BASE + 0x1000 + 64).isEqualTo(elf.end());
      assertThat(elf.start()).isEqualTo(BASE + 0x1000);
      assertThat(memory.readLong(BASE + 0x1000)).isEqualTo(0x1122334455667788L);
      assertThat(memory.readLong(BASE + 0x1008)).isZero();
      // The entry is given as a virtual address: it is found in the segment that maps it.
      assertThat(elf.entry()).isEqualTo(BASE + 0x1004);
      assertThat(elf.symbol("tohost")).hasValue(BASE + 0x2000);
      assertThat(elf.symbol("fromhost")).isEmpty();
      assertThat(elf.bias(memory)).isZero();
    }
  }

  @Test
  void movesPositionIndependentProgramsIntoMemory() {
    byte[] bytes = program(0);
    bytes[16] = 3;
    try (var memory = new PhysicalMemory(BASE, 2 << 20)) {
      ElfFile elf = new ElfFile("pie", bytes);
      assertThat(elf.bias(memory)).isEqualTo(BASE);
      elf.load(memory);
      assertThat(memory.readLong(BASE)).isEqualTo(0x1122334455667788L);
    }
  }

  @Test
  void saysWhatIsWrong() {
    assertRefused("prog is not an ELF file.", new byte[0]);
    assertRefused("prog is not an ELF file.", "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
    byte[] good = program(BASE);
    assertRefused(
        "prog is truncated: its header should reach beyond the file's 60 bytes.",
        Arrays.copyOf(good, 60));
    assertRefused(
        "prog is truncated: its program headers should reach beyond the file's 70 bytes.",
        Arrays.copyOf(good, 70));
    assertRefused("64-bit little-endian", with(good, 4, 1));
    assertRefused("(ELF machine 62): RISC-V (243) is needed.", with(good, 18, 62));
    assertRefused("not an executable ELF file (type 1)", with(good, 16, 1));
    assertRefused("has no loadable segments.", with(good, 64, 2));
    assertRefused("has its entry 0xffffff80000004 outside its segments.", with(good, 31, 0));
  }

  @Test
  void refusesSegmentsOutsideMemory() {
    try (var memory = new PhysicalMemory(BASE, 2 << 20)) {
      for (long address : new long[] {0, BASE - 1, BASE + (2 << 20) - 1, -8, Long.MIN_VALUE}) {
        ElfFile elf = new ElfFile("prog", program(address));
        assertThatThrownBy(() -> elf.load(memory))
            .isInstanceOf(UserError.class)
            .hasMessageContaining("but memory reaches from 0x80000000 to 0x801fffff.");
      }
    }
  }

  @Test
  void survivesAnyDamage() {
    Random random = new Random(1);
    byte[] good = program(BASE);
    try (var memory = new PhysicalMemory(BASE, 2 << 20)) {
      for (int round = 0; round < 20_000; round++) {
        byte[] bytes = Arrays.copyOf(good, good.length - random.nextInt(3) * random.nextInt(100));
        for (int i = random.nextInt(4); i >= 0; i--) {
          int at = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : random.nextInt(120);
          bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt());
        }
        try {
          new ElfFile("fuzz", bytes).load(memory);
        } catch (UserError e) {
          assertThat(e.getMessage()).startsWith("fuzz ").endsWith(".");
        }
      }
    }
  }

  private static void assertRefused(String sentence, byte[] bytes) {
    assertThatThrownBy(() -> new ElfFile("prog", bytes))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence);
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] copy = bytes.clone();
    copy[at] = (byte) value;
    return copy;
  }

  /** One segment of 16 bytes (64 in memory), a section header table, and a symbol "tohost". */
  private static byte[] program(long address) {
    ByteBuffer elf = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
    elf.putShort(16, (short) 2).putShort(18, (short) 243).putInt(20, 1);
    elf.putLong(24, 0xffffffff80000004L).putLong(32, 64).putLong(40, 256);
    elf.putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1);
    elf.putShort(58, (short) 64).putShort(60, (short) 3);
    elf.putInt(64, 1).putLong(72, 128).putLong(80, 0xffffffff80000000L).putLong(88, address);
    elf.putLong(96, 16).putLong(104, 64);
    elf.putLong(128, 0x1122334455667788L);
    int symbols = 256 + 64;
    elf.putInt(symbols + 4, 2).putLong(symbols + 24, 144).putLong(symbols + 32, 48);
    elf.putInt(symbols + 40, 2);
    int names = 256 + 128;
    elf.putInt(names + 4, 3).putLong(names + 24, 200).putLong(names + 32, 9);
    elf.putInt(168, 1).putShort(174, (short) 1).putLong(176, BASE + 0x2000);
    elf.put(201, "tohost\0".getBytes(StandardCharsets.UTF_8));
    return elf.array();
  }
}
