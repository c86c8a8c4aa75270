package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Indices, dependencies and what is inside packages. */
final class PackagesTest {
  private static final String HASH = "0".repeat(64);

  @TempDir Path folder;

  private static PackageIndex index(String... fields) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String more : fields) {
      text.append(more).append("\nFilename: pool/x.deb\nSize: 1\nSHA256: " + HASH + "\n\n");
    }
    return PackageIndex.read(
        new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)), name -> true);
  }

  private static List<String> resolve(PackageIndex index, String... names) {
    return new DependencyResolver(index, Set.of("leaf"), Set.of("omitted"))
        .resolve(List.of(names)).stream().map(DebianPackage::name).toList();
  }

  @Test
  void aReleaseFileNamesItsIndices() {
    ReleaseFile release =
        ReleaseFile.parse(
            """
            Codename: trixie
            Valid-Until: Sat, 12 Sep 2026 07:55:41 UTC
            MD5Sum:
             00000000000000000000000000000000 9 main/binary-riscv64/Packages.xz
            SHA256:
             %s     1234 main/binary-riscv64/Packages.xz
             short 5 other
            """
                .formatted(HASH),
            "test");
    assertThat(release.codename()).isEqualTo("trixie");
    assertThat(release.index("main/binary-riscv64/Packages.xz")).contains(new Expected(1234, HASH));
    assertThat(release.index("other")).isEmpty();
    assertThat(release.validUntil().orElseThrow()).hasToString("2026-09-12T07:55:41Z");
    assertThatThrownBy(() -> ReleaseFile.parse("Hello: world\n", "test"))
        .isInstanceOf(UserError.class);
  }

  @Test
  void packagesThatWouldLeaveTheArchiveAreIgnored() throws IOException {
    String text =
        "Package: evil\nFilename: ../../etc/passwd\nSize: 1\nSHA256: %s\n\n".formatted(HASH)
            + "Package: strange\nFilename: http://elsewhere/x\nSize: 1\nSHA256: %s\n\n"
                .formatted(HASH)
            + "Package: sizeless\nFilename: pool/x\nSHA256: %s\n\n".formatted(HASH);
    PackageIndex index =
        PackageIndex.read(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), name -> true);
    assertThat(index.find("evil")).isEmpty();
    assertThat(index.find("strange")).isEmpty();
    assertThat(index.find("sizeless")).isEmpty();
  }

  @Test
  void relationsLoseVersionsAndArchitectures() {
    assertThat(Relation.parse("a (>= 1), b:any | c [riscv64], d<!nocheck>,"))
        .containsExactly(List.of("a"), List.of("b", "c"), List.of("d"));
  }

  @Test
  void dependenciesAreFollowedOnce() throws IOException {
    PackageIndex index =
        index(
            "Package: a\nDepends: b (>= 1), virtual, absent | c\nPre-Depends: d",
            "Package: b\nDepends: a",
            "Package: c\nDepends: omitted | absent",
            "Package: d\nDepends: leaf",
            "Package: leaf\nDepends: absent",
            "Package: p\nProvides: virtual (= 2), more",
            "Package: q\nProvides: virtual");
    assertThat(resolve(index, "a")).containsExactly("a", "d", "leaf", "b", "p", "c");
    assertThat(resolve(index, "q", "a")).doesNotContain("p");
    assertThatThrownBy(() -> resolve(index, "absent"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no package absent");
    PackageIndex broken = index("Package: a\nDepends: x | y");
    assertThatThrownBy(() -> resolve(broken, "a"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("x or y");
  }

  @Test
  void modulesSayWhatTheyDependOn() {
    assertThat(ModuleInfo.depends(SyntheticMirror.module("net-failover,crc16")))
        .containsExactly("net_failover", "crc16");
    assertThat(ModuleInfo.depends(SyntheticMirror.module(""))).isEmpty();
    assertThatThrownBy(() -> ModuleInfo.depends(new byte[10]))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] damaged = SyntheticMirror.module("x");
    damaged[0x2b] = 0x7f;
    assertThatThrownBy(() -> ModuleInfo.depends(damaged))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void packagesBecomeARootFolder() throws IOException {
    Path deb =
        Files.write(
            folder.resolve("x.deb"),
            SyntheticMirror.deb(
                Map.of(
                    "./etc/", new byte[0],
                    "./bin/tool", SyntheticMirror.bytes("tool"),
                    "./usr/bin/alias", SyntheticMirror.bytes("->tool"))));
    RootFolder root = RootFolder.create(folder.resolve("root"));
    root.unpack(deb);
    root.finish();
    assertThat(root.path().resolve("usr/bin/tool")).hasContent("tool");
    assertThat(root.path().resolve("bin/alias")).hasContent("tool");
    assertThat((int) Files.getAttribute(root.path().resolve("bin/tool"), "unix:mode") & 07777)
        .isEqualTo(04755);
    assertThat(root.path().resolve("etc/passwd")).exists();
  }

  @Test
  void aPackageCannotWriteOutsideOfItsRoot() throws IOException {
    RootFolder root = RootFolder.create(folder.resolve("root"));
    Path link =
        Files.write(
            folder.resolve("link.deb"),
            SyntheticMirror.deb(
                Map.of(
                    "./out", SyntheticMirror.bytes("->" + folder),
                    "./out/evil", SyntheticMirror.bytes("x"))));
    Path dots =
        Files.write(
            folder.resolve("dots.deb"),
            SyntheticMirror.deb(Map.of("./../evil", SyntheticMirror.bytes("x"))));
    assertThatThrownBy(() -> root.unpack(link)).isInstanceOf(UserError.class);
    assertThatThrownBy(() -> root.unpack(dots)).isInstanceOf(UserError.class);
    assertThat(folder.resolve("evil")).doesNotExist();
  }

  @Test
  void aDamagedPackageIsASentence() throws IOException {
    byte[] whole = SyntheticMirror.deb(Map.of("./a", new byte[100_000]));
    for (byte[] bad : List.of(new byte[0], new byte[200], java.util.Arrays.copyOf(whole, 200))) {
      Path deb = Files.write(folder.resolve("bad.deb"), bad);
      assertThatThrownBy(() -> DebFile.walk(deb, (path, entry, content) -> true))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("bad.deb");
    }
  }
}
