package dev.quire.machine.board;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A device tree under construction, and its flattened form (Devicetree Specification 0.4, chapter
 * 5: version 17, compatible with 16). What a property means is in chapters 2 to 4 and in the
 * kernel's bindings.
 */
public final class DeviceTree {
  private static final int MAGIC = 0xd00dfeed;
  private static final int BEGIN_NODE = 1;
  private static final int END_NODE = 2;
  private static final int PROPERTY = 3;
  private static final int END = 9;
  private static final int HEADER_SIZE = 40;
  private static final int RESERVATIONS_SIZE = 16;

  private final Node root = new Node("");
  private int phandles;

  public Node root() {
    return root;
  }

  /** One node: properties, then children, each in the order in which they were added. */
  public final class Node {
    private final String name;
    private final Map<String, byte[]> properties = new LinkedHashMap<>();
    private final List<Node> children = new ArrayList<>();
    private int phandle;

    private Node(String name) {
      this.name = name;
    }

    /** Adds a child, called {@code name} or {@code name@unit-address}. */
    public Node child(String name) {
      Node child = new Node(name);
      children.add(child);
      return child;
    }

    /** Adds a child called {@code name@unit}, the unit address in hexadecimal. */
    public Node child(String name, long unit) {
      return child(name + "@" + Long.toHexString(unit));
    }

    /** Sets a property without a value: its presence says it all. */
    public Node flag(String property) {
      return bytes(property, new byte[0]);
    }

    /** Sets a list of 32-bit cells. */
    public Node cells(String property, int... cells) {
      ByteBuffer value = ByteBuffer.allocate(4 * cells.length);
      for (int cell : cells) {
        value.putInt(cell);
      }
      return bytes(property, value.array());
    }

    /** Sets a list of 64-bit numbers, two cells each; {@code reg} is one of these. */
    public Node longs(String property, long... numbers) {
      ByteBuffer value = ByteBuffer.allocate(8 * numbers.length);
      for (long number : numbers) {
        value.putLong(number);
      }
      return bytes(property, value.array());
    }

    /** Sets one string, or a list of them. */
    public Node strings(String property, String... strings) {
      var value = new ByteArrayOutputStream();
      for (String string : strings) {
        value.writeBytes(string.getBytes(StandardCharsets.UTF_8));
        value.write(0);
      }
      return bytes(property, value.toByteArray());
    }

    public Node bytes(String property, byte[] value) {
      properties.put(property, value.clone());
      return this;
    }

    /** The number by which other nodes point to this one; given out at the first call. */
    public int phandle() {
      if (phandle == 0) {
        phandle = ++phandles;
        cells("phandle", phandle);
      }
      return phandle;
    }
  }

  /** The flattened tree; {@code bootHart} is the id of the hart that starts. */
  public byte[] flatten(int bootHart) {
    var structure = new Output();
    var strings = new Output();
    writeNode(root, structure, strings, new LinkedHashMap<>());
    structure.cell(END);
    int structureAt = HEADER_SIZE + RESERVATIONS_SIZE;
    int stringsAt = structureAt + structure.size();
    int size = stringsAt + strings.size();
    var blob = new Output();
    int[] header = {
      MAGIC,
      size,
      structureAt,
      stringsAt,
      HEADER_SIZE,
      17,
      16,
      bootHart,
      strings.size(),
      structure.size()
    };
    for (int cell : header) {
      blob.cell(cell);
    }
    blob.writeBytes(new byte[RESERVATIONS_SIZE]);
    blob.writeBytes(structure.toByteArray());
    blob.writeBytes(strings.toByteArray());
    return blob.toByteArray();
  }

  private static void writeNode(
      Node node, Output structure, Output strings, Map<String, Integer> offsets) {
    structure.cell(BEGIN_NODE);
    structure.text(node.name);
    structure.align();
    for (Map.Entry<String, byte[]> property : node.properties.entrySet()) {
      Integer name = offsets.get(property.getKey());
      if (name == null) {
        name = strings.size();
        offsets.put(property.getKey(), name);
        strings.text(property.getKey());
      }
      structure.cell(PROPERTY);
      structure.cell(property.getValue().length);
      structure.cell(name);
      structure.writeBytes(property.getValue());
      structure.align();
    }
    for (Node child : node.children) {
      writeNode(child, structure, strings, offsets);
    }
    structure.cell(END_NODE);
  }

  /** Big-endian cells and padded text. */
  private static final class Output extends ByteArrayOutputStream {
    void cell(int value) {
      write(value >>> 24);
      write(value >>> 16);
      write(value >>> 8);
      write(value);
    }

    void text(String text) {
      writeBytes(text.getBytes(StandardCharsets.UTF_8));
      write(0);
    }

    void align() {
      while (size() % 4 != 0) {
        write(0);
      }
    }
  }
}
