package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which release file and which index are taken from mirrors, some in the middle of an update. */
final class DebianArchiveTest {
  private static final String RELEASE = "dists/trixie/InRelease";
  private static final String FOLDER = "dists/trixie/main/binary-riscv64/";
  private static final String INDEX = FOLDER + "Packages.xz";
  private static final String BY_HASH = "Acquire-By-Hash: yes\n";
  private static final byte[] NEWER_INDEX =
      SyntheticMirror.xz(SyntheticMirror.bytes("Package: newer\n\n"));

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

  private DebianArchive archive() {
    Fetcher fetcher = new Fetcher(new Transport(ProxySelector.of(null)), progress);
    return new DebianArchive("trixie", "riscv64", fetcher, folder, progress);
  }

  private DebianArchive.Opened open() {
    return archive().open(List.of(mirror.address()), null);
  }

  private boolean knowsBusybox(DebianArchive.Opened opened) {
    return archive().index(opened, name -> true).find("busybox-static").isPresent();
  }

  /** The release file is already the next one, the index still the one before. */
  private void startUpdate(String fields) {
    mirror.files.put(RELEASE, SyntheticMirror.release("trixie", fields, NEWER_INDEX));
  }

  @Test
  void anIndexIsFirstAskedForByItsHash() {
    byte[] index = mirror.file(INDEX);
    mirror.files.put(RELEASE, SyntheticMirror.release("trixie", BY_HASH, index));
    mirror.files.remove(INDEX);
    String byHash = FOLDER + "by-hash/SHA256/" + SyntheticMirror.hash(index);
    mirror.files.put(byHash, index);
    DebianArchive.Opened opened = open();
    assertThat(mirror.requests).containsExactly(RELEASE, byHash);
    assertThat(opened.indexFile()).hasBinaryContent(index);
    assertThat(knowsBusybox(opened)).isTrue();
  }

  @Test
  void anIndexThatIsNotThereByItsHashIsAskedForByItsName() {
    mirror.files.put(RELEASE, SyntheticMirror.release("trixie", BY_HASH, mirror.file(INDEX)));
    assertThat(knowsBusybox(open())).isTrue();
    assertThat(mirror.requests).hasSize(3).last().isEqualTo(INDEX);
  }

  @Test
  void anIndexThatIsHereIsNotFetchedAgain() {
    open();
    mirror.files.remove(INDEX);
    assertThat(knowsBusybox(open())).isTrue();
  }

  @Test
  void anIndexOlderThanItsReleaseFileIsTakenByTheAlias() {
    mirror.files.put("dists/stable/InRelease", mirror.file(RELEASE));
    mirror.files.put("dists/stable/main/binary-riscv64/Packages.xz", mirror.file(INDEX));
    startUpdate(BY_HASH);
    DebianArchive.Opened opened = open();
    assertThat(opened.release().codename()).isEqualTo("trixie");
    assertThat(knowsBusybox(opened)).isTrue();
    assertThat(notes)
        .anyMatch(
            note ->
                note.contains(INDEX)
                    && note.endsWith(
                        "Trying " + mirror.address() + "dists/stable/InRelease instead."));
  }

  @Test
  void indicesThatMatchNowhereAreOneSentence() throws IOException {
    startUpdate(BY_HASH);
    mirror.files.put("dists/stable/InRelease", mirror.file(RELEASE));
    mirror.files.put("dists/stable/main/binary-riscv64/Packages.xz", mirror.file(INDEX));
    assertThatThrownBy(this::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(mirror.address() + INDEX)
        .hasMessageContaining("thrown away")
        .hasMessageNotContaining("stable");
    try (var left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void anAliasOfAnotherSuiteIsPassedOver() {
    byte[] index = mirror.file(INDEX);
    mirror.files.put("dists/stable/InRelease", SyntheticMirror.release("forky", "", index));
    mirror.files.put("dists/stable/main/binary-riscv64/Packages.xz", index);
    startUpdate("");
    assertThatThrownBy(this::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining(mirror.address() + INDEX);
    assertThat(mirror.requests).last().isEqualTo("dists/stable/InRelease");
  }

  @Test
  void anArchitectureThatIsNotServedIsASentence() {
    mirror.files.put(
        RELEASE,
        SyntheticMirror.bytes(
            SyntheticMirror.clearSigned("Codename: trixie\nSHA256:\n 0 0 x\n", "none")));
    assertThatThrownBy(this::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no packages for riscv64");
  }

  @Test
  void ofSeveralMirrorsTheFirstThatServesTheSuiteIsTaken() {
    URI other = mirror.address().resolve("/elsewhere/");
    assertThat(archive().open(List.of(other, mirror.address()), null).mirror())
        .isEqualTo(mirror.address());
    assertThatThrownBy(() -> archive().open(List.of(other, other), null))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("None of the mirrors");
  }

  @Test
  void aMirrorInTheMiddleOfAnUpdateGivesWayToTheNext() throws IOException {
    startUpdate("");
    try (SyntheticMirror next = new SyntheticMirror()) {
      DebianArchive.Opened opened = archive().open(List.of(mirror.address(), next.address()), null);
      assertThat(opened.mirror()).isEqualTo(next.address());
      assertThat(knowsBusybox(opened)).isTrue();
    }
  }

  @Test
  void aMirrorThatIsNotToBeTrustedGivesWayToNone() {
    mirror.files.put(RELEASE, SyntheticMirror.release("forky", "", mirror.file(INDEX)));
    assertThatThrownBy(() -> archive().open(List.of(mirror.address(), mirror.address()), null))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("'forky' and not trixie");
    assertThat(mirror.requests).containsExactly(RELEASE);
  }
}
