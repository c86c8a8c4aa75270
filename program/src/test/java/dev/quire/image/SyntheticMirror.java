package dev.quire.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A tiny Debian archive served on the loopback interface, with faults on request. */
final class SyntheticMirror implements AutoCloseable {
  static final String KERNEL_DEB = "pool/main/l/linux/linux-image-6.1-test_1_riscv64.deb";

  /** Path below the root to content; tests may change it. */
  final Map<String, byte[]> files = new TreeMap<>();

  /** The requests seen: path, and the range if one was asked for. */
  final List<String> requests = new ArrayList<>();

  /** Path of the file whose first transfer breaks off half-way. */
  String breaksOff = "";

  private final HttpServer server;

  SyntheticMirror() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.start();
    fill();
  }

  URI address() {
    InetSocketAddress bound = server.getAddress();
    return URI.create(
        "http://" + bound.getAddress().getHostAddress() + ":" + bound.getPort() + "/debian/");
  }

  byte[] file(String path) {
    return Objects.requireNonNull(files.get(path), path);
  }

  private void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().replaceFirst("^/debian/", "");
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(range == null ? path : path + " " + range);
    byte[] content = files.get(path);
    if (content == null) {
      exchange.sendResponseHeaders(404, -1);
      exchange.close();
      return;
    }
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
    boolean whole = !path.equals(breaksOff);
    breaksOff = whole ? breaksOff : "";
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, whole ? content.length - from : content.length / 2);
    body.flush();
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void fill() throws IOException {
    byte[] metapackage = deb(Map.of());
    byte[] kernel =
        deb(
            Map.of(
                "./boot/vmlinux-6.1-test", bytes("the kernel"),
                "./usr/lib/modules/6.1-test/modules.builtin", bytes("kernel/lib/crc16.ko\n"),
                "./usr/lib/modules/6.1-test/kernel/a/virtio_mmio.ko.xz", xz(module("")),
                "./usr/lib/modules/6.1-test/kernel/a/virtio_net.ko.xz", xz(module("net-failover")),
                "./usr/lib/modules/6.1-test/kernel/a/ext4.ko.xz", xz(module("jbd2,crc16")),
                "./usr/lib/modules/6.1-test/kernel/a/jbd2.ko", module(""),
                "./usr/lib/modules/6.1-test/kernel/0/net_failover.ko.xz", xz(module("failover")),
                "./usr/lib/modules/6.1-test/kernel/0/failover.ko.xz", xz(module("")),
                "./usr/lib/modules/6.1-test/kernel/z/unrelated.ko.xz", bytes("not read")));
    byte[] busybox = deb(Map.of("./usr/bin/busybox", bytes("busybox program")));
    String packages =
        stanza("linux-image-riscv64", "linux-image-6.1-test (= 1)", "pool/m.deb", metapackage)
            + stanza("linux-image-6.1-test", "kmod", KERNEL_DEB, kernel)
            + stanza("busybox-static", "", "pool/b.deb", busybox);
    files.put("pool/m.deb", metapackage);
    files.put(KERNEL_DEB, kernel);
    files.put("pool/b.deb", busybox);
    publish(packages);
  }

  /** Makes the index and the release file say what they should about the present packages. */
  void publish(String packages) throws IOException {
    byte[] index = xz(bytes(packages));
    files.put("dists/trixie/main/binary-riscv64/Packages.xz", index);
    files.put("dists/trixie/InRelease", release("trixie", "", index));
  }

  /**
   * A release file.
   *
   * @param fields more lines, each with its end
   * @param index of packages that it promises
   */
  static byte[] release(String codename, String fields, byte[] index) {
    String release =
        "Origin: Test\nCodename: "
            + codename
            + "\n"
            + fields
            + "Valid-Until: Sat, 1 Jan 2000 00:00:00 UTC\nSHA256:\n "
            + hash(index)
            + " "
            + index.length
            + " main/binary-riscv64/Packages.xz\n";
    return bytes(clearSigned(release, "none"));
  }

  static String clearSigned(String text, String armor) {
    return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        + text
        + "-----BEGIN PGP SIGNATURE-----\n\n"
        + armor
        + "\n-----END PGP SIGNATURE-----\n";
  }

  static String stanza(String name, String depends, String filename, byte[] deb) {
    return "Package: "
        + name
        + "\nVersion: 1\nDepends: "
        + depends
        + "\nFilename: "
        + filename
        + "\nSize: "
        + deb.length
        + "\nSHA256: "
        + hash(deb)
        + "\n\n";
  }

  static String hash(byte[] content) {
    return HexFormat.of().formatHex(Fetcher.sha256().digest(content));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] xz(byte[] content) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(packed, new LZMA2Options(0))) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  /** A .deb with these files; a content that starts with {@code ->} makes a symbolic link. */
  static byte[] deb(Map<String, byte[]> content) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(tar)) {
      for (Map.Entry<String, byte[]> file : new TreeMap<>(content).entrySet()) {
        String text = new String(file.getValue(), StandardCharsets.ISO_8859_1);
        if (text.startsWith("->")) {
          TarArchiveEntry link = new TarArchiveEntry(file.getKey(), TarConstants.LF_SYMLINK);
          link.setLinkName(text.substring(2));
          out.putArchiveEntry(link);
        } else {
          TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
          entry.setSize(file.getValue().length);
          entry.setMode(file.getKey().endsWith("/") ? 0755 : 04755);
          out.putArchiveEntry(entry);
          out.write(file.getValue());
        }
        out.closeArchiveEntry();
      }
    }
    ByteArrayOutputStream ar = new ByteArrayOutputStream();
    try (ArArchiveOutputStream out = new ArArchiveOutputStream(ar)) {
      member(out, "debian-binary", bytes("2.0\n"));
      member(out, "control.tar.xz", xz(bytes("")));
      member(out, "data.tar.xz", xz(tar.toByteArray()));
    }
    return ar.toByteArray();
  }

  private static void member(ArArchiveOutputStream out, String name, byte[] content)
      throws IOException {
    out.putArchiveEntry(new ArArchiveEntry(name, content.length));
    out.write(content);
    out.closeArchiveEntry();
  }

  static byte[] module(String depends, String... aliases) {
    StringBuilder lines = new StringBuilder("license=GPL\0depends=" + depends + "\0name=x\0");
    List.of(aliases).forEach(alias -> lines.append("alias=").append(alias).append('\0'));
    return moduleOf(bytes(lines.toString()));
  }

  /** A minimal ELF64 file: sections null, .modinfo and the section names. */
  private static byte[] moduleOf(byte[] modinfo) {
    byte[] names = bytes("\0.modinfo\0.shstrtab\0");
    int namesAt = 64 + modinfo.length;
    int headersAt = namesAt + names.length;
    ByteBuffer elf = ByteBuffer.allocate(headersAt + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0, 0x464c457f).putLong(0x28, headersAt);
    elf.putShort(0x3c, (short) 3).putShort(0x3e, (short) 2);
    elf.put(64, modinfo).put(namesAt, names);
    elf.putInt(headersAt + 64, 1).putLong(headersAt + 64 + 0x18, 64);
    elf.putLong(headersAt + 64 + 0x20, modinfo.length);
    elf.putInt(headersAt + 128, 10).putLong(headersAt + 128 + 0x18, namesAt);
    elf.putLong(headersAt + 128 + 0x20, names.length);
    return elf.array();
  }
}
