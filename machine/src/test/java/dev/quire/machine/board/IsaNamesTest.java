package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.Isa;
import org.junit.jupiter.api.Test;

class IsaNamesTest {
  @Test
  void namesExactlyWhatTheHartHas() {
    assertThat(IsaNames.string(Isa.full()))
        .isEqualTo(
            "rv64imafdch_zicbom_zicboz_zicntr_zicsr_zifencei_zihintpause_zba_zbb_zbs"
                + "_sstc_svade_svadu_svinval_svnapot_svpbmt");
    assertThat(IsaNames.list(IsaString.parse("rv64ic_zba")))
        .containsExactly("i", "c", "zicsr", "zba");
    assertThat(IsaString.parse(IsaNames.string(Isa.full()))).isEqualTo(Isa.full());
  }
}
