package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A comparison of real guests. */
class CompareGuestTest {
  @Test
  void theSameWorkloadUnderTwoSetups() {
    GuestCommand guest =
        GuestCommand.compare("syscalls", "--methods", "nested,nested", "--exit-cycles", "0");
    assertThat(guest.status()).as(guest.errors() + guest.text()).isZero();
    assertThat(guest.text())
        .contains("cycles = instructions + 20 x references + 4 x L2 TLB hits + 0 x exits")
        .contains("syscalls: 500,000 system calls that do nothing")
        .contains("Same in all runs: ")
        .doesNotContain("DIFFERENT", "FAILED");
  }
}
