package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class VmConfigTest {
  private static VmConfig.Builder builder() {
    return new VmConfig.Builder(new GuestFile("kernel", new byte[64]));
  }

  @Test
  void memoryComesInUnitsOfTwoMegabytes() {
    assertThatThrownBy(() -> builder().memory(3 << 20).build())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("multiple of 2M");
    assertThatThrownBy(() -> builder().memory(0).build()).isInstanceOf(UserError.class);
    assertThat(builder().memory(6 << 20).build().memory()).isEqualTo(6 << 20);
  }

  @Test
  void cpusAreLimited() {
    assertThatThrownBy(() -> builder().cpus(0).build()).hasMessageContaining("1 to 8 CPUs");
    assertThatThrownBy(() -> builder().cpus(9).build()).hasMessageContaining("not 9");
  }

  @Test
  void theTreeNamesWhatTheVmHasAndNoMore() {
    VmConfig config =
        builder().cpus(2).append("quiet").guestMode(GuestMode.SV39).updatesAd(true).build();
    String tree = text(new GuestTree(config, 2, 0));
    assertThat(tree)
        .contains("quiet no4lvl", "riscv,sv39", "cpu@1", "_svadu", "virtio_mmio@10002000")
        .doesNotContain("cpu@2", "svade", "virtio_mmio@10003000", "initrd", "imafdch", "clint");
  }

  @Test
  void seedsFollowTheConfiguration() {
    String one = text(new GuestTree(builder().seed(1).build(), 0, 0));
    assertThat(text(new GuestTree(builder().seed(1).build(), 0, 0))).isEqualTo(one);
    assertThat(text(new GuestTree(builder().seed(2).build(), 0, 0))).isNotEqualTo(one);
  }

  private static String text(GuestTree tree) {
    return new String(tree.build(), StandardCharsets.ISO_8859_1);
  }
}
