package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from a mirror to an image, against a synthetic mirror on the loopback. */
final class ImageStoreTest {
  private static final String INDEX = "dists/trixie/main/binary-riscv64/Packages.xz";

  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init") // by the method below
  private SyntheticMirror mirror;

  private final List<String> notes = new ArrayList<>();
  private final Progress progress = new NotedProgress(notes);

  @BeforeEach
  void serve() throws IOException {
    mirror = new SyntheticMirror();
  }

  @AfterEach
  void stop() {
    mirror.close();
  }

  private ImageStore store() {
    return new ImageStore(
        folder.resolve("cache"),
        Map.of(),
        folder.resolve("no-apt"),
        () -> new SignatureCheck(List.of(), null));
  }

  private MirrorOptions insecure(URI address) {
    return new MirrorOptions(address.toString(), true);
  }

  private GuestImage pull() {
    return store().pullDebian(insecure(mirror.address()), progress);
  }

  private List<String> leftovers() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void pullsKernelModulesInLoadOrderAndBusybox() throws IOException {
    GuestImage image = pull();
    assertThat(image.version()).isEqualTo("6.1-test");
    assertThat(image.kernel()).hasContent("the kernel");
    assertThat(image.busybox()).hasContent("busybox program");
    assertThat(image.modules())
        .extracting(module -> module.getFileName().toString())
        .containsExactly(
            "virtio_mmio.ko",
            "failover.ko",
            "net_failover.ko",
            "virtio_net.ko",
            "jbd2.ko",
            "ext4.ko");
    assertThat(image.modules().getLast()).hasBinaryContent(SyntheticMirror.module("jbd2,crc16"));
    assertThat(leftovers()).noneMatch(name -> name.endsWith(".deb") || name.endsWith(".part"));
    assertThat(notes).anyMatch(note -> note.contains("was not checked"));
    assertThat(notes).anyMatch(note -> note.contains("was valid until 2000-01-01"));
  }

  @Test
  void anImageThatIsHereNeedsNoMirror() {
    GuestImage first = pull();
    mirror.close();
    assertThat(store().debian(MirrorOptions.DEFAULT, Progress.SILENT)).isEqualTo(first);
  }

  @Test
  void aSecondPullFetchesOnlyTheReleaseFile() {
    pull();
    mirror.requests.clear();
    pull();
    assertThat(mirror.requests).containsExactly("dists/trixie/InRelease");
  }

  @Test
  void aNewerKernelReplacesTheOlder() throws IOException {
    GuestImage old = pull();
    byte[] deb = SyntheticMirror.deb(Map.of("./boot/vmlinux-6.2", SyntheticMirror.bytes("new")));
    mirror.files.put("pool/n.deb", deb);
    mirror.publish(
        SyntheticMirror.stanza("linux-image-riscv64", "linux-image-6.2", "pool/n.deb", deb)
            + SyntheticMirror.stanza("linux-image-6.2", "", "pool/n.deb", deb)
            + SyntheticMirror.stanza(
                "busybox-static", "", "pool/b.deb", mirror.file("pool/b.deb")));
    assertThat(pull().version()).isEqualTo("6.2");
    assertThat(old.kernel()).doesNotExist();
    assertThat(store().debian(MirrorOptions.DEFAULT, Progress.SILENT).kernel()).hasContent("new");
  }

  @Test
  void aMirrorInAFolder() throws IOException {
    for (Map.Entry<String, byte[]> file : mirror.files.entrySet()) {
      Path copy = folder.resolve("local").resolve(file.getKey());
      Files.createDirectories(copy.resolveSibling(""));
      Files.write(copy, file.getValue());
    }
    GuestImage image = store().pullDebian(insecure(folder.resolve("local").toUri()), progress);
    assertThat(image.kernel()).hasContent("the kernel");
  }

  @Test
  void aBrokenTransferResumesWhereItStopped() {
    mirror.breaksOff = SyntheticMirror.KERNEL_DEB;
    assertThat(pull().kernel()).hasContent("the kernel");
    int half = mirror.file(SyntheticMirror.KERNEL_DEB).length / 2;
    assertThat(mirror.requests).contains(SyntheticMirror.KERNEL_DEB + " bytes=" + half + "-");
  }

  @Test
  void aFlippedBitIsRefusedAndThrownAway() throws IOException {
    byte[] deb = mirror.file(SyntheticMirror.KERNEL_DEB).clone();
    deb[deb.length / 2] ^= 1;
    mirror.files.put(SyntheticMirror.KERNEL_DEB, deb);
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(SyntheticMirror.KERNEL_DEB)
        .hasMessageContaining("SHA-256");
    assertThat(leftovers()).noneMatch(name -> name.endsWith(".part"));
    assertThat(store().installedDebian()).isNull();
  }

  @Test
  void aFileOfTheWrongSizeIsRefused() {
    byte[] index = mirror.file(INDEX);
    mirror.files.put(INDEX, Arrays.copyOf(index, index.length - 1));
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has " + (index.length - 1) + " bytes");
    mirror.files.put(INDEX, Arrays.copyOf(index, index.length + 1));
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("larger than the " + index.length + " bytes");
  }

  @Test
  void missingFilesAreSentences() {
    mirror.files.remove("pool/b.deb");
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no")
        .hasMessageContaining("pool/b.deb");
    mirror.files.remove("dists/trixie/InRelease");
    assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("InRelease");
  }

  @Test
  void aReleaseFileOfAnotherSuiteOrOfNoneIsRefused() {
    mirror.files.put(
        "dists/trixie/InRelease",
        SyntheticMirror.bytes(
            SyntheticMirror.clearSigned("Codename: bookworm\nSHA256:\n 0 0 x\n", "x")));
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("'bookworm' and not trixie");
    mirror.files.put("dists/trixie/InRelease", SyntheticMirror.bytes("<html>hello</html>"));
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not a signed Debian release file");
  }

  @Test
  void withoutKeysOnlyInsecureGoesOn() {
    MirrorOptions secure = new MirrorOptions(mirror.address().toString(), false);
    assertThatThrownBy(() -> store().pullDebian(secure, progress))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("debian-archive-keyring")
        .hasMessageContaining("--insecure");
  }

  @Test
  void anUnreachableMirrorIsASentence() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    URI nobody = URI.create("http://127.0.0.1:" + free + "/");
    assertThatThrownBy(() -> store().pullDebian(insecure(nobody), progress))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("cannot be reached")
        .hasMessageContaining("refused");
  }

  @Test
  void aCacheThatCannotBeWrittenIsASentence() throws IOException {
    Files.writeString(folder.resolve("cache"), "a file in the way");
    assertThatThrownBy(this::pull)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void theCacheFollowsTheXdgSpecification() {
    assertThat(ImageStore.cacheFolder(Map.of(), "/home/u"))
        .isEqualTo(Path.of("/home/u/.cache/quire"));
    assertThat(ImageStore.cacheFolder(Map.of("XDG_CACHE_HOME", "/c"), "/home/u"))
        .isEqualTo(Path.of("/c/quire"));
    assertThat(ImageStore.cacheFolder(Map.of("XDG_CACHE_HOME", "relative"), "/home/u"))
        .isEqualTo(Path.of("/home/u/.cache/quire"));
  }

  @Test
  void aProgramComesWithTheLibrariesThatItIsLinkedTo() throws IOException {
    byte[] program =
        SyntheticMirror.deb(
            Map.of(
                "./usr/bin/sqlite3", SyntheticMirror.bytes("program"),
                "./usr/share/doc/sqlite3", SyntheticMirror.bytes("text")));
    byte[] library =
        SyntheticMirror.deb(
            Map.of(
                "./usr/lib/riscv64-linux-gnu/libz.so.1", SyntheticMirror.bytes("->libz.so.1.3"),
                "./usr/lib/libz.so.1.3", SyntheticMirror.bytes("library"),
                "./usr/lib/riscv64-linux-gnu/libother.so.1", SyntheticMirror.bytes("other")));
    mirror.files.put("pool/s.deb", program);
    mirror.files.put("pool/z.deb", library);
    mirror.publish(
        SyntheticMirror.stanza("sqlite3", "zlib1g, readline-common", "pool/s.deb", program)
            + SyntheticMirror.stanza("zlib1g", "", "pool/z.deb", library));

    for (int i = 0; i < 2; i++) { // the second time without the mirror
      Map<String, byte[]> files = store().sqlite(insecure(mirror.address()), progress);
      assertThat(files).containsOnlyKeys("bin/sqlite3", "lib/libz.so.1");
      assertThat(files.get("bin/sqlite3")).asString().isEqualTo("program");
      assertThat(files.get("lib/libz.so.1")).asString().isEqualTo("library");
    }
    assertThat(mirror.requests).containsOnlyOnce("pool/s.deb", "pool/z.deb");
    assertThat(leftovers()).doesNotContain("scratch", "s.deb", "z.deb");
  }
}
