package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.hart.MemoryInstruction.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryInstructionTest {
  private final MemoryInstruction instruction = new MemoryInstruction(Isa.full());

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
    assertThat(instruction.decode(Long.decode(bits).intValue())).as(name).isTrue();
    assertThat(instruction.kind).isEqualTo(store ? Kind.STORE : Kind.LOAD);
    assertThat(instruction.floating).isEqualTo(floating);
    assertThat(instruction.size).isEqualTo(size);
    assertThat(instruction.unsigned).isEqualTo(unsigned);
    assertThat(store ? instruction.source : instruction.target).isEqualTo(9);
    assertThat(instruction.length).isEqualTo(length);
  }

  @ParameterizedTest
  @CsvSource({
    "addi,     0x00140413",
    "ld+1,     0x00047483",
    "sd+1,     0x00944023",
    "flh,      0x00041487",
    "c.addi,   0x0405",
    "c.addi4spn, 0x0044",
    "c.jr,     0x8402"
  })
  void refusesWhatAccessesNoMemory(String name, String bits) {
    assertThat(instruction.decode(Long.decode(bits).intValue())).as(name).isFalse();
  }

  /** With s0 for base, s1 and s0 as data. */
  @ParameterizedTest
  @CsvSource({
    "amoadd.w, 0x0094242f, AMO, 4",
    "amoadd.d, 0x0094342f, AMO, 8",
    "lr.w,     0x1004242f, LOAD_RESERVED, 4",
    "lr.d,     0x1004342f, LOAD_RESERVED, 8",
    "sc.w,     0x1894242f, STORE_CONDITIONAL, 4",
    "sc.d,     0x1894342f, STORE_CONDITIONAL, 8",
    "cbo.inval, 0x0004200f, CACHE_BLOCK, 1",
    "cbo.clean, 0x0014200f, CACHE_BLOCK, 1",
    "cbo.flush, 0x0024200f, CACHE_BLOCK, 1",
    "cbo.zero, 0x0044200f, ZERO_BLOCK, 1"
  })
  void decodesAtomicsAndBlocks(String name, String bits, Kind kind, int size) {
    assertThat(instruction.decode(Long.decode(bits).intValue())).as(name).isTrue();
    assertThat(instruction.kind).isEqualTo(kind);
    assertThat(instruction.size).isEqualTo(size);
    assertThat(instruction.base).isEqualTo(8);
    assertThat(instruction.offset).isZero();
    assertThat(instruction.length).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "sd -8,     0xfe943c23, 8, -8",
    "ld 2047,   0x7ff43483, 8, 2047",
    "c.ld 248,  0x7c64,     8, 248",
    "c.sdsp 8,  0xe426,     2, 8"
  })
  void decodesWhere(String name, String bits, int base, long offset) {
    assertThat(instruction.decode(Long.decode(bits).intValue())).as(name).isTrue();
    assertThat(instruction.base).isEqualTo(base);
    assertThat(instruction.offset).isEqualTo(offset);
  }

  @Test
  void combinesAsTheAmoSays() {
    assertThat(instruction.decode(0x8094242f)).as("amomin.w").isTrue();
    assertThat(instruction.combined(-1, 0x1_0000_0001L)).isEqualTo(-1);
    assertThat(instruction.decode(0xe094242f)).as("amomaxu.w").isTrue();
    assertThat(instruction.combined(-1, 0x1_0000_0001L)).isEqualTo(-1);
    assertThat(instruction.decode(0x0894342f)).as("amoswap.d").isTrue();
    assertThat(instruction.combined(-1, 5)).isEqualTo(5);
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
