package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IsaStringTest {
  private static final EnumSet<Extension> RV64GC =
      EnumSet.of(
          Extension.M,
          Extension.A,
          Extension.F,
          Extension.D,
          Extension.C,
          Extension.S,
          Extension.U,
          Extension.ZIFENCEI);

  @Test
  void standardStringReplacesTheSet() {
    assertThat(IsaString.parse("rv64gc").extensions()).isEqualTo(RV64GC);
    assertThat(IsaString.parse("RV64IMAFDC_Zicsr_Zifencei").extensions()).isEqualTo(RV64GC);
    assertThat(IsaString.parse("rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0"))
        .isEqualTo(new Isa(RV64GC));
    assertThat(IsaString.parse("rv64i2m2").has(Extension.M)).isTrue();
  }

  @Test
  void lettersMayRunIntoANameOfSeveral() {
    assertThat(IsaString.parse("rv64imzba_zbb").extensions())
        .containsExactlyInAnyOrder(
            Extension.M, Extension.S, Extension.U, Extension.ZBA, Extension.ZBB);
    assertThat(IsaString.parse("rv64imachsstc").extensions())
        .contains(Extension.H, Extension.SSTC)
        .doesNotContain(Extension.F);
    assertThat(IsaString.parse("rv64ib").extensions())
        .contains(Extension.ZBA, Extension.ZBB, Extension.ZBS);
  }

  @Test
  void changesApplyToTheFullSetOrToTheStringBeforeThem() {
    EnumSet<Extension> expected = EnumSet.allOf(Extension.class);
    expected.remove(Extension.H);
    expected.remove(Extension.SSTC);
    assertThat(IsaString.parse("-h,-sstc,+zba").extensions()).isEqualTo(expected);
    assertThat(IsaString.parse("rv64gc,+h,-c").extensions())
        .contains(Extension.H, Extension.D)
        .doesNotContain(Extension.C, Extension.SSTC);
  }

  @Test
  void dependenciesFollow() {
    assertThat(IsaString.parse("-f").extensions()).doesNotContain(Extension.F, Extension.D);
    assertThat(IsaString.parse("-s").extensions())
        .doesNotContain(Extension.S, Extension.H, Extension.SVADU)
        .contains(Extension.U);
    assertThat(IsaString.parse("-u").extensions()).doesNotContain(Extension.S, Extension.U);
    assertThat(IsaString.parse("rv64id").has(Extension.F)).isTrue();
    assertThat(IsaString.parse("-u,+sstc").extensions()).contains(Extension.S, Extension.U);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rv64gcv | \"v\", which is unknown",
        "rv64gc_zfh | \"zfh\", which is unknown",
        "rv64gc_ | \"\", which is unknown",
        "rv32imac | base \"rv32imac\"",
        "rv64 | base \"rv64\"",
        "rv64mi | base \"rv64mi\"",
        "zba | has \"zba\" where",
        "'' | has \"\" where",
        "-zicsr | removes \"zicsr\"",
        "+zba,rv64gc | has \"rv64gc\" where",
      })
  void whatIsNotUnderstoodIsNamed(String text, String part) {
    assertThatThrownBy(() -> IsaString.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(part)
        .hasMessageEndingWith(".");
  }

  @Test
  void strangeLettersAreErrors() {
    for (String text : new String[] {"rv64i*m", "rv64i2-", "rv64g c"}) {
      assertThatThrownBy(() -> IsaString.parse(text)).isInstanceOf(UserError.class);
    }
  }
}
