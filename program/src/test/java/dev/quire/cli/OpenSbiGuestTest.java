package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.Progress;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.board.BareMachine;
import dev.quire.machine.board.BareOptions;
import dev.quire.machine.board.BootImage;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.ProgramFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stock OpenSBI with Linux behind it on the bare machine: the hart without the monitor. */
class OpenSbiGuestTest {
  /** Where Debian's package opensbi puts it. */
  private static final Path FIRMWARE =
      Path.of("/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin");

  private static final long MEMORY = 256 << 20;
  private static final String PROMPT = "quire:/root# ";

  private final StringBuilder console = new StringBuilder();
  private boolean typed;

  @Test
  void bootsToAPromptAndPowersOff() {
    assertThat(FIRMWARE).as("the package opensbi must be installed").exists();
    assertThat(Files.isReadable(FIRMWARE)).isTrue();
    GuestImage image = ImageStore.ofUser().debian(MirrorOptions.DEFAULT, Progress.SILENT);
    byte[] initramfs = Initramfs.build(image, Initramfs.Options.of(MEMORY));
    String append = "console=ttyS0 " + GuestCommand.FAST_BOOT;
    BareOptions options = new BareOptions(Isa.full(), MEMORY, 2, false, append, 1);
    try (BareMachine machine = new BareMachine(options, List.of(), this::print)) {
      machine.start(
          BootImage.load(
              machine.memory(),
              options,
              ProgramFile.read(FIRMWARE),
              ProgramFile.read(image.kernel()),
              new ProgramFile("initramfs", initramfs)));
      machine.clock().betweenSlices(() -> answer(machine));
      PowerControl.Request end = machine.run();
      assertThat(end)
          .as(console.toString())
          .isEqualTo(new PowerControl.Request(PowerControl.Kind.OFF, 0));
    }
    assertThat(console).contains("OpenSBI v", "Linux version", "harts=2", "reboot: Power down");
  }

  private void print(byte[] bytes, int offset, int length) {
    console.append(new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
  }

  private void answer(BareMachine machine) {
    if (!typed && console.indexOf(PROMPT) >= 0) {
      typed = true;
      machine.type("echo harts=$(nproc); poweroff\n".getBytes(StandardCharsets.US_ASCII));
    }
  }
}
