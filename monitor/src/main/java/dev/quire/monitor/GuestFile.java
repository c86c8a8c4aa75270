package dev.quire.monitor;

/** A file that is loaded into a guest's memory; the name is for messages. */
public final class GuestFile {
  /** For a VM that loads none, since it goes on from a saved state. */
  public static final GuestFile NONE = new GuestFile("no file", new byte[0]);

  private final String name;
  private final byte[] bytes;

  /** {@code bytes} must not change any more. */
  public GuestFile(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  public String name() {
    return name;
  }

  /** The contents themselves, not a copy: 30 MB and more. */
  byte[] bytes() {
    return bytes;
  }

  int size() {
    return bytes.length;
  }
}
