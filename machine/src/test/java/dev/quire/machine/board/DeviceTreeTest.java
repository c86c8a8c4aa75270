package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DeviceTreeTest {
  @Test
  void flattensNodesAndProperties() {
    var tree = new DeviceTree();
    tree.root().cells("#address-cells", 2).strings("compatible", "riscv-virtio", "qemu");
    var plic = tree.root().child("plic", 0xc000000L).flag("interrupt-controller");
    var uart = tree.root().child("serial", 0x10000000L).longs("reg", 0x10000000L, 0x100);
    uart.cells("interrupt-parent", plic.phandle()).bytes("odd", new byte[] {1, 2, 3});
    assertThat(text(tree.flatten(3)))
        .isEqualTo(
            """
            {#address-cells=00000002 compatible=72697363762d76697274696f0071656d7500
            plic@c000000{interrupt-controller= phandle=00000001}
            serial@10000000{reg=00000000100000000000000000000100 interrupt-parent=00000001 odd=010203}
            }\
            """
                .replace("\n", ""));
  }

  @Test
  void describesItselfInTheHeader() {
    byte[] blob = new DeviceTree().flatten(3);
    ByteBuffer header = ByteBuffer.wrap(blob);
    assertThat(header.getInt(0)).isEqualTo(0xd00dfeed);
    assertThat(header.getInt(4)).isEqualTo(blob.length);
    assertThat(header.getInt(16) % 8).isZero();
    assertThat(header.getInt(20)).isEqualTo(17);
    assertThat(header.getInt(24)).isEqualTo(16);
    assertThat(header.getInt(28)).isEqualTo(3);
    assertThat(header.getInt(8) + header.getInt(36)).isEqualTo(header.getInt(12));
    assertThat(header.getInt(12) + header.getInt(32)).isEqualTo(blob.length);
  }

  @Test
  void phandlesAreStable() {
    var tree = new DeviceTree();
    var node = tree.root().child("a");
    assertThat(node.phandle()).isEqualTo(1).isEqualTo(node.phandle());
    assertThat(tree.root().child("b").phandle()).isEqualTo(2);
  }

  /** Reads the structure block back: name{property=hex ... children}. */
  private static String text(byte[] blob) {
    ByteBuffer in = ByteBuffer.wrap(blob);
    int strings = in.getInt(12);
    in.position(in.getInt(8));
    var out = new StringBuilder();
    boolean first = true;
    for (int token = in.getInt(); token != 9; token = in.getInt()) {
      switch (token) {
        case 1 -> {
          String name = string(blob, in.position());
          in.position((in.position() + name.length() + 4) & ~3);
          out.append(name).append('{');
          first = true;
        }
        case 2 -> out.append('}');
        case 3 -> {
          int length = in.getInt();
          out.append(first ? "" : " ").append(string(blob, strings + in.getInt())).append('=');
          first = false;
          for (int i = 0; i < length; i++) {
            out.append("%02x".formatted(in.get()));
          }
          in.position((in.position() + 3) & ~3);
        }
        default -> throw new AssertionError("token " + token);
      }
    }
    assertThat(in.position()).isEqualTo(strings);
    return out.toString();
  }

  private static String string(byte[] blob, int at) {
    int end = at;
    while (blob[end] != 0) {
      end++;
    }
    return new String(blob, at, end - at, StandardCharsets.UTF_8);
  }
}
