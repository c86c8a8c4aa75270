package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MirrorConfigTest {
  @TempDir Path apt;

  @BeforeEach
  void folders() throws IOException {
    Files.createDirectory(apt.resolve("sources.list.d"));
    Files.createDirectory(apt.resolve("apt.conf.d"));
  }

  private static Set<String> oneLine(String text) {
    Set<URI> found = new LinkedHashSet<>();
    AptSources.oneLine(text, found);
    return strings(found);
  }

  private static Set<String> deb822(String text) {
    Set<URI> found = new LinkedHashSet<>();
    AptSources.deb822(text, found);
    return strings(found);
  }

  private static Set<String> strings(Set<URI> addresses) {
    Set<String> texts = new LinkedHashSet<>();
    addresses.forEach(address -> texts.add(address.toString()));
    return texts;
  }

  @Test
  void oneLineEntries() {
    assertThat(
            oneLine(
                """
                # a comment
                deb cdrom:[Debian]/ bookworm main
                deb [arch=amd64 signed-by=/k.gpg] http://a.test/debian bookworm main contrib # tail
                deb-src http://source.test/debian bookworm main
                deb http://b.test/security bookworm-security main
                deb http://b.test/debian bookworm-updates main
                deb http://b.test/flat ./
                deb http://b.test/other stable nonfree
                \tdeb\tcopy:/srv/debian/\tbookworm\tmain
                deb tor+http://onion.test/debian bookworm main
                """))
        .containsExactly("http://a.test/debian/", "file:/srv/debian/");
  }

  @Test
  void deb822Paragraphs() {
    assertThat(
            deb822(
                """
                Types: deb deb-src
                # a comment
                URIs: http://a.test/debian
                 https://b.test/debian/
                Suites: bookworm bookworm-updates
                Components: main contrib

                Types: deb
                URIs: http://c.test/debian-security
                Suites: bookworm-security
                Components: main

                enabled: no
                types: deb
                uris: http://d.test/debian
                suites: bookworm
                components: main
                """))
        .containsExactly("http://a.test/debian/", "https://b.test/debian/");
  }

  @Test
  void wholeConfigurationInAptsOrder() throws IOException {
    Files.writeString(apt.resolve("sources.list"), "deb http://one.test/d sid main\n");
    Path parts = apt.resolve("sources.list.d");
    Files.writeString(parts.resolve("b.list"), "deb http://three.test/d sid main\n");
    Files.writeString(
        parts.resolve("a.sources"),
        "Types: deb\nURIs: http://two.test/d\nSuites: sid\nComponents: main\n");
    Files.writeString(parts.resolve("c.list.disabled"), "deb http://four.test/d sid main\n");
    assertThat(MirrorConfig.candidates(null, Map.of(), apt))
        .extracting(URI::getHost)
        .containsExactly("one.test", "two.test", "three.test");
  }

  @Test
  void theOptionWinsOverTheVariableWhichWinsOverApt() throws IOException {
    Files.writeString(apt.resolve("sources.list"), "deb http://apt.test/d sid main\n");
    Map<String, String> environment = Map.of("QUIRE_MIRROR", "https://variable.test/d");
    assertThat(MirrorConfig.candidates("http://option.test/d", environment, apt))
        .containsExactly(URI.create("http://option.test/d/"));
    assertThat(MirrorConfig.candidates(null, environment, apt))
        .containsExactly(URI.create("https://variable.test/d/"));
    assertThat(MirrorConfig.candidates("/srv/mirror", Map.of(), apt))
        .containsExactly(URI.create("file:/srv/mirror/"));
  }

  @Test
  void noMirrorAndBadMirrorsAreSentences() {
    assertThatThrownBy(() -> MirrorConfig.candidates(null, Map.of(), apt))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--mirror")
        .hasMessageContaining("QUIRE_MIRROR");
    for (String bad : new String[] {"ftp://a.test/", "nonsense", "http://", "http://a b/"}) {
      assertThatThrownBy(() -> MirrorConfig.candidates(bad, Map.of(), apt))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(bad);
    }
  }

  @Test
  void proxiesOfTheEnvironmentAndOfApt() throws IOException {
    URI address = URI.create("http://mirror.test/debian/");
    assertThat(new Proxies(Map.of(), apt).select(address)).containsExactly(Proxy.NO_PROXY);
    Files.writeString(
        apt.resolve("apt.conf.d").resolve("proxy"), "Acquire::http::Proxy \"http://p.test:3142\";");
    assertThat(new Proxies(Map.of(), apt).select(address).getFirst().address())
        .hasToString("p.test/<unresolved>:3142");
    Map<String, String> environment = Map.of("HTTP_PROXY", "q.test:8080", "no_proxy", "x,.test");
    assertThat(new Proxies(environment, apt).select(address)).containsExactly(Proxy.NO_PROXY);
    assertThat(new Proxies(environment, apt).select(URI.create("http://other.org/")))
        .first()
        .extracting(proxy -> proxy.address().toString())
        .isEqualTo("q.test/<unresolved>:8080");
  }
}
