package dev.quire.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {
  @Test
  void medianIsTheMiddleWhateverTheOrder() {
    assertThat(Figures.median(List.of(9.0, 1.0, 2.0))).isEqualTo(2);
    assertThat(Figures.median(List.of(9.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    assertThat(Figures.median(List.of(7.0))).isEqualTo(7);
    assertThatIllegalArgumentException().isThrownBy(() -> Figures.median(List.of()));
  }

  @Test
  void findsTheTimeThatAProgramReports() {
    assertThat(Figures.ownTime("b_chase mb=64 n=5 thp=0 end=1f time=1.9560 s 391.2 ns/access\r\n"))
        .hasValue(1.956);
    assertThat(Figures.ownTime("[    0.3] clocksource: runtime=3 s\n")).isEmpty();
    assertThat(Figures.ownTime("time=\n")).isEmpty();
  }

  @Test
  void readsTheProcessStatus() {
    String status = "Name:\tjava\nVmHWM:\t  300000 kB\nVmRSS:\t  250000 kB\nThreads:\t12\n";
    assertThat(Figures.statusBytes(status, "VmRSS")).hasValue(256_000_000);
    assertThat(Figures.statusBytes(status, "VmSwap")).isEmpty();
    assertThat(Figures.statusBytes(status, "Threads")).isEmpty();
  }

  @Test
  void readsTheFramesOfTheGuestAndItsTable() {
    String statistics =
        """
        walks            1,234, 5,678 references
        frames used      17,792 of 65,536 by the guest (69 of 256 MiB), 1,040 for the P2M
        """;
    assertThat(Figures.framesUsed(statistics)).hasValue(17_792 + 1_040);
    assertThat(Figures.framesUsed("frames used")).isEmpty();
  }
}
