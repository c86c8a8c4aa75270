package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlFolderTest {
  @TempDir private Path above = Path.of("");

  private ControlFolder folder() {
    return new ControlFolder(above.resolve("quire"));
  }

  private static ControlFile file(String name) {
    return ControlFile.ofThisProcess(
        name, 1234, "secret-" + name, new NamedGuest(name, new ControlledGuest()));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  /** The file as a process left it that was killed: its pid is taken by nobody, or by another. */
  private static ControlFile left(ControlFile file, long pid, long started) {
    return new ControlFile(
        file.name(), pid, started, file.port(), file.token(), false, file.guests());
  }

  @Test
  void onlyTheUserCanReadAFileAndItGoesWhenItIsRemoved() throws IOException {
    ControlFile file = file("web-1");
    folder().add(file);
    Path path = above.resolve("quire/web-1.json");
    assertThat(mode(path)).isEqualTo("rw-------");
    assertThat(mode(above.resolve("quire"))).isEqualTo("rwx------");
    assertThat(folder().findGuest("web-1").file()).isEqualTo(file);
    folder().remove(file);
    assertThat(path).doesNotExist();
    assertThat(folder().running()).isEmpty();
  }

  @Test
  void aServerIsFoundUnderTheNamesOfGuestsThatCameLater() throws IOException {
    folder().add(file("web"));
    ControlFile more = file("web").withGuests(List.of("web", "web-1"));
    folder().replace(more);
    assertThat(mode(above.resolve("quire/web.json"))).isEqualTo("rw-------");
    assertThat(folder().findGuest("web-1").file()).isEqualTo(more);
    assertThat(more.isSameServer(file("web"))).isTrue();
    assertThat(more.isSameServer(file("other"))).isFalse();
    folder().remove(file("web"));
    assertThat(folder().running()).isEmpty();
  }

  @Test
  void aNameIsTakenWhileItsProcessLives() {
    folder().add(file("a"));
    assertThatThrownBy(() -> folder().add(file("a")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("A guest called a runs already, in process ");
    folder().add(file("b"));
    assertThat(folder().running()).extracting(ControlFile::name).containsExactly("a", "b");
  }

  @Test
  void aFileOfADeadProcessIsReplaced() {
    ControlFile mine = file("a");
    for (ControlFile stale :
        List.of(left(mine, 1L << 40, 0), left(mine, mine.pid(), mine.started() - 1))) {
      folder().add(stale);
      assertThat(folder().running()).isEmpty();
      assertThatThrownBy(() -> folder().findGuest("a")).hasMessageContaining("no guest called a");
    }
    folder().add(mine);
    assertThat(folder().findGuest("a").file()).isEqualTo(mine);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "{}", "[1]", "{\"name\":\"a\",\"pid\":\"1\"}"})
  void aFileThatSaysNothingIsReplaced(String text) throws IOException {
    folder().add(file("b"));
    Files.writeString(above.resolve("quire/a.json"), text);
    assertThat(folder().running()).extracting(ControlFile::name).containsExactly("b");
    folder().add(file("a"));
    assertThat(folder().findGuest("a").file()).isEqualTo(file("a"));
  }

  @Test
  void whoeverCameLaterKeepsItsFile() {
    ControlFile old = left(file("a"), 1L << 40, 0);
    folder().add(old);
    folder().add(file("a"));
    folder().remove(old);
    assertThat(folder().findGuest("a").file()).isEqualTo(file("a"));
  }

  @Test
  void aFolderThatOthersCanEnterIsNotUsed() throws IOException {
    Path folder = Files.createDirectory(above.resolve("quire"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x--x"));
    assertNotUsed();
    Files.delete(folder);
    Path elsewhere = Files.createDirectory(above.resolve("elsewhere"));
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
    Files.createSymbolicLink(folder, elsewhere);
    assertNotUsed();
    Files.delete(folder);
    Files.writeString(folder, "");
    assertNotUsed();
  }

  private void assertNotUsed() {
    assertThatThrownBy(() -> folder().add(file("a")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("must be a folder of yours with mode 0700");
    assertThatThrownBy(() -> folder().running()).hasMessageContaining("mode 0700");
  }

  @Test
  void whoIsNotThereIsToldWithThoseThatAre() {
    assertThatThrownBy(() -> folder().findGuest("a"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is no guest called a: none");
    folder().add(file("b"));
    folder().add(file("c"));
    assertThatThrownBy(() -> folder().findGuest("a"))
        .hasMessage("There is no guest called a: there are b, c.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "A", "a.b", "../a", "a/b", "abcdefghijklmnopqrstuvwxyz0123456"})
  void badNames(String name) {
    assertThatThrownBy(() -> ControlFolder.checkName(name))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no name for a guest");
    if (!name.equals("a/b")) { // which would be host a's
      assertThatThrownBy(() -> folder().findGuest(name)).hasMessageContaining("is no name");
    }
    assertThatThrownBy(() -> folder().add(file(name))).hasMessageContaining("is no name");
  }

  @Test
  void goodNames() {
    for (String name : List.of("a", "0", "web-1", "abcdefghijklmnopqrstuvwxyz012345")) {
      ControlFolder.checkName(name);
    }
  }

  @Test
  void standsInTheRuntimeFolderOrAmongTemporaryFiles() {
    String mine = above.toString();
    assertThat(ControlFolder.place(mine, "/tmp")).isEqualTo(above.resolve("quire"));
    for (String other : new String[] {"/nowhere", "relative", ""}) {
      assertThat(ControlFolder.place(other, mine).getParent()).isEqualTo(above);
    }
    assertThat(ControlFolder.place(null, mine).getFileName().toString()).matches("quire-[0-9]+");
  }
}
