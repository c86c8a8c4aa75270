package dev.quire.monitor.vcpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryInstructionTest {
  private final MemoryInstruction instruction = new MemoryInstruction();

  /** Encodings as an assembler makes them, with register 9 (s1 or fs1) as data. */
  @ParameterizedTest
  @CsvSource({
    "lb,    0x00040483, false, false, 1, false, 4",
    "lh,    0x00041483, false, false, 2, false, 4",
    "lw,    0x00042483, false, false, 4, false, 4",
    "ld,    0x00043483, false, false, 8, false, 4",
    "lbu,   0x00044483, false, false, 1, true,  4",
    "lhu,   0x00045483, false, false, 2, true,  4",
    "lwu,   0x00046483, false, false, 4, true,  4",
    "flw,   0x00042487, false, true,  4, false, 4",
    "fld,   0x00043487, false, true,  8, false, 4",
    "sb,    0x00940023, true,  false, 1, false, 4",
    "sh,    0x00941023, true,  false, 2, false, 4",
    "sw,    0x00942023, true,  false, 4, false, 4",
    "sd,    0x00943023, true,  false, 8, false, 4",
    "fsw,   0x00942027, true,  true,  4, false, 4",
    "fsd,   0x00943027, true,  true,  8, false, 4",
    "c.lw,  0x4004,     false, false, 4, false, 2",
    "c.ld,  0x6004,     false, false, 8, false, 2",
    "c.fld, 0x2004,     false, true,  8, false, 2",
    "c.sw,  0xc004,     true,  false, 4, false, 2",
    "c.sd,  0xe004,     true,  false, 8, false, 2",
    "c.fsd, 0xa004,     true,  true,  8, false, 2",
    "c.lwsp,  0x4482,   false, false, 4, false, 2",
    "c.ldsp,  0x6482,   false, false, 8, false, 2",
    "c.fldsp, 0x2482,   false, true,  8, false, 2",
    "c.swsp,  0xc026,   true,  false, 4, false, 2",
    "c.sdsp,  0xe026,   true,  false, 8, false, 2",
    "c.fsdsp, 0xa026,   true,  true,  8, false, 2"
  })
  void decodes(
      String name,
      String bits,
      boolean store,
      boolean floating,
      int size,
      boolean unsigned,
      int length) {
    assertThat(instruction.decode(Integer.decode(bits))).as(name).isTrue();
    assertThat(instruction.store).isEqualTo(store);
    assertThat(instruction.floating).isEqualTo(floating);
    assertThat(instruction.size).isEqualTo(size);
    assertThat(instruction.unsigned).isEqualTo(unsigned);
    assertThat(instruction.register).isEqualTo(9);
    assertThat(instruction.length).isEqualTo(length);
  }

  @ParameterizedTest
  @CsvSource({
    "amoadd.w, 0x0094242f",
    "lr.w,     0x1004242f",
    "cbo.zero, 0x0044200f",
    "addi,     0x00140413",
    "ld+1,     0x00047483",
    "sd+1,     0x00944023",
    "flh,      0x00041487",
    "c.addi,   0x0405",
    "c.addi4spn, 0x0044",
    "c.jr,     0x8402"
  })
  void refusesWhatIsNoPlainLoadOrStore(String name, String bits) {
    assertThat(instruction.decode(Integer.decode(bits))).as(name).isFalse();
  }

  @Test
  void extendsWhatWasRead() {
    assertThat(instruction.decode(0x00041483)).isTrue();
    assertThat(instruction.loaded(0x12_8001)).isEqualTo(-0x7fff);
    assertThat(instruction.decode(0x00045483)).isTrue();
    assertThat(instruction.loaded(0x12_8001)).isEqualTo(0x8001);
    assertThat(instruction.decode(0x00043483)).isTrue();
    assertThat(instruction.loaded(-5)).isEqualTo(-5);
    assertThat(instruction.decode(0x00042487)).isTrue();
    assertThat(instruction.loaded(1)).isEqualTo(0xffff_ffff_0000_0001L);
  }
}
