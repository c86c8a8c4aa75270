package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A comparison of real guests. */
class CompareGuestTest {
  @Test
  void aWorkloadDoesTheSameUnderTwoMethodsAndCostsMore() {
    GuestCommand guest =
        GuestCommand.compare("syscalls", "--methods", "native,nested", "--exit-cycles", "0");
    assertThat(guest.status()).as(guest.errors() + guest.text()).isZero();
    assertThat(guest.text())
        .contains("cycles = instructions + 20 x references + 4 x L2 TLB hits + 0 x exits")
        .contains("syscalls: 500,000 system calls that do nothing")
        .containsPattern("native +221,[0-9,]+ .*\\+0.0%\nnested +221,[0-9,]+ .*\\+[0-9.]+%\n")
        .contains("Same in all runs: ")
        .doesNotContain("DIFFERENT", "FAILED");
  }

  @Test
  void aBootHasTheSameStatesUnderTwoMethods() {
    GuestCommand guest =
        GuestCommand.compare("boot", "--methods", "native,protected", "--first-difference");
    assertThat(guest.status()).as(guest.errors() + guest.text()).isZero();
    assertThat(guest.text())
        .containsPattern("boot: native and protected: the same states for [0-9,]+ instructions");
  }
}
