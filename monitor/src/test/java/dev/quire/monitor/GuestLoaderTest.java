package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestLoaderTest {
  private static final long MEMORY = 16 << 20;
  private static final long KERNEL = GuestLayout.RAM + (2 << 20);

  private final PhysicalMemory machine = new PhysicalMemory(GuestLayout.RAM, MEMORY + (4 << 20));
  private final GuestMemory memory =
      new GuestMemory(machine, new FrameTable(machine), null, 1, GuestLayout.RAM, MEMORY, false);

  @AfterEach
  void close() {
    machine.close();
  }

  private GuestLoader load(byte[] kernel, int initrdSize) {
    byte[] initrd = new byte[initrdSize];
    Arrays.fill(initrd, (byte) 0x11);
    VmConfig config =
        new VmConfig.Builder(new GuestFile("kernel", kernel))
            .memory(MEMORY)
            .initrd(initrdSize == 0 ? null : new GuestFile("initramfs", initrd))
            .build();
    GuestLoader loader = new GuestLoader(config, memory);
    loader.load(0);
    return loader;
  }

  private void assertRefused(String sentence, byte[] kernel, int initrdSize) {
    assertThatThrownBy(() -> load(kernel, initrdSize))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence);
  }

  /** A header of a Linux image that asks for {@code imageSize} bytes. */
  private static byte[] image(long imageSize) {
    ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(8, 2 << 20).putLong(16, imageSize).putInt(56, 0x05435352);
    return header.array();
  }

  @Test
  void everythingHasItsPlace() throws DmaFault {
    GuestLoader loader = load(image(4 << 20), 5000);
    assertThat(loader.entry()).isEqualTo(KERNEL);
    assertThat(loader.treeAddress()).isEqualTo(GuestLayout.RAM + MEMORY - (2 << 20));
    assertThat(memory.readInt(loader.treeAddress())).isEqualTo(Integer.reverseBytes(0xd00dfeed));
    long initrd = loader.treeAddress() - 8192;
    assertThat(memory.readInt(initrd)).isEqualTo(0x11111111);
    assertThat(memory.readInt(initrd + 4996)).isEqualTo(0x11111111);
    assertThat(memory.readInt(initrd + 5000)).isZero();
    assertThat(memory.readInt(KERNEL + 56)).isEqualTo(0x05435352);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertRefused("too small", image(13 << 20), 0);
    assertRefused("too small", image(8 << 20), 5 << 20);
    assertRefused("too small", image(1L << 40), 0);
    assertRefused("too small", new byte[13 << 20], 0);
    assertRefused("too small", new byte[100], 12 << 20);
    assertRefused("too small", new byte[100], 20 << 20);
  }

  @Test
  void aHugeImageSizeDoesNotOverflow() {
    assertRefused("too small", image(Long.MAX_VALUE), 0);
    assertThat(load(image(-1), 0).entry()).isEqualTo(KERNEL);
  }

  @Test
  void whatIsNoKernelIsRefused() {
    assertRefused("no kernel", new byte[3], 0);
    assertRefused("compressed", new byte[] {0x1f, (byte) 0x8b, 8, 0}, 0);
    assertRefused("truncated", new byte[] {0x7f, 'E', 'L', 'F', 2, 1}, 0);
  }

  @Test
  void anElfGoesWhereItWantsToBe() throws DmaFault {
    long at = GuestLayout.RAM + (4 << 20);
    GuestLoader loader = load(elf(at, 12, 8192), 0);
    assertThat(loader.entry()).isEqualTo(at + 4);
    assertThat(memory.readInt(at)).isEqualTo(0x01010101);
    assertThat(memory.readInt(at + 12)).isZero();
  }

  @Test
  void anElfMustFit() {
    assertRefused("memory reaches", elf(0x1000, 12, 12), 0);
    assertRefused("too small", elf(GuestLayout.RAM, 12, 15 << 20), 0);
  }

  private static byte[] elf(long address, int fileSize, long memorySize) {
    ByteBuffer elf = ByteBuffer.allocate(120 + fileSize).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
    elf.putShort(16, (short) 2).putShort(18, (short) 243);
    elf.putLong(24, address + 4).putLong(32, 64);
    elf.putShort(54, (short) 56).putShort(56, (short) 1);
    elf.putInt(64, 1).putLong(72, 120).putLong(80, address).putLong(88, address);
    elf.putLong(96, fileSize).putLong(104, memorySize);
    Arrays.fill(elf.array(), 120, elf.capacity(), (byte) 1);
    return elf.array();
  }
}
