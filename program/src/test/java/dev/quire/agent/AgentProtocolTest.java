package dev.quire.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.agent.AgentProtocol.Event;
import dev.quire.machine.board.UserError;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AgentProtocolTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<Event> feed(AgentProtocol protocol, String text, int pieceSize) {
    List<Event> events = new ArrayList<>();
    byte[] all = bytes(text);
    for (int at = 0; at < all.length; at += pieceSize) {
      events.addAll(protocol.feed(all, at, Math.min(pieceSize, all.length - at)));
    }
    return events;
  }

  private static String output(List<Event> events) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (Event event : events) {
      if (event instanceof Event.Output output) {
        joined.writeBytes(output.bytes());
      }
    }
    return joined.toString(StandardCharsets.ISO_8859_1);
  }

  private static String token(byte[] request) {
    return new String(request, StandardCharsets.US_ASCII).split(" ", -1)[1];
  }

  private static AgentProtocol copy(AgentProtocol protocol, boolean sent) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new StateWriter(bytes).section("agent", to -> protocol.save(to, sent));
    AgentProtocol[] copy = new AgentProtocol[1];
    new StateReader(new ByteArrayInputStream(bytes.toByteArray()))
        .section("agent", from -> copy[0] = new AgentProtocol(from));
    return copy[0];
  }

  @Test
  void aCopyGoesOnWithTheConversation() {
    AgentProtocol greeted = new AgentProtocol("seed");
    var _ = feed(greeted, "quire-ag", 8);
    AgentProtocol first = copy(greeted, true);
    assertThat(feed(first, "ent 1\n", 6)).containsExactly(new Event.Ready());
    String token = token(first.exec("x"));
    assertThat(copy(first, false).awaitsExit()).isFalse();
    String answer = "out\nput\nquire-exit " + token + " 3\n";
    for (int cut = 0; cut < answer.length(); cut++) {
      AgentProtocol protocol = copy(first, true);
      List<Event> events = new ArrayList<>(feed(protocol, answer.substring(0, cut), 1));
      events.addAll(feed(copy(protocol, true), answer.substring(cut), 1));
      assertThat(output(events)).isEqualTo("out\nput");
      assertThat(events.getLast()).isEqualTo(new Event.Exit(3));
    }
  }

  @Test
  void aRequestCarriesTheCommandInBase64() {
    String request = new String(new AgentProtocol("s").exec("echo 'a\nb'"), StandardCharsets.UTF_8);
    String[] words = request.strip().split(" ", -1);
    assertThat(words[0]).isEqualTo("EXEC");
    assertThat(words[1]).matches("[0-9a-f]{32}");
    assertThat(new String(Base64.getDecoder().decode(words[2]), StandardCharsets.UTF_8))
        .isEqualTo("echo 'a\nb'");
    assertThat(request).endsWith("\n");
  }

  @Test
  void outputIsExactHoweverItIsCut() {
    String printed = "\0\n\nquire-exit \nquire-exit 0123 5\nquire-ex\u00ff\n\n";
    for (int size = 1; size < 60; size++) {
      AgentProtocol protocol = new AgentProtocol("seed");
      assertThat(feed(protocol, "noise\nquire-agent 1\n", size)).containsExactly(new Event.Ready());
      String token = token(protocol.exec("x"));
      List<Event> events = feed(protocol, printed + "\nquire-exit " + token + " 42\n", size);
      assertThat(output(events)).isEqualTo(printed);
      assertThat(events.getLast()).isEqualTo(new Event.Exit(42));
    }
  }

  @Test
  void outputIsHandedOnBeforeTheCommandEnds() {
    AgentProtocol protocol = new AgentProtocol("seed");
    feed(protocol, "quire-agent 1\n", 100);
    String token = token(protocol.exec("x"));
    assertThat(output(feed(protocol, "line\n", 100))).isEqualTo("line");
    List<Event> rest = feed(protocol, "\nquire-exit " + token + " 0\nlate", 100);
    assertThat(output(rest)).isEqualTo("\nlate");
    assertThat(rest).contains(new Event.Exit(0));
  }

  @Test
  void aStatusLineWithoutEndIsNotWaitedFor() {
    AgentProtocol protocol = new AgentProtocol("seed");
    feed(protocol, "quire-agent 1\n", 100);
    String token = token(protocol.exec("x"));
    List<Event> events = feed(protocol, "\nquire-exit " + token + " " + "1".repeat(99), 7);
    assertThat(events).contains(new Event.Exit(255));
    assertThat(output(feed(protocol, "and so on", 7))).isEqualTo("and so on");
  }

  @Test
  void oneCommandAfterAnother() {
    AgentProtocol protocol = new AgentProtocol("seed");
    feed(protocol, "quire-agent 1\n", 100);
    String first = token(protocol.exec("same"));
    assertThatThrownBy(() -> protocol.exec("same")).isInstanceOf(IllegalStateException.class);
    feed(protocol, "\nquire-exit " + first + " 0\n", 100);
    String second = token(protocol.exec("same"));
    assertThat(second).isNotEqualTo(first);
    assertThat(feed(protocol, "\nquire-exit " + second + " 137\n", 7))
        .containsExactly(new Event.Exit(137));
  }

  @Test
  void tokensDependOnTheSeedAlone() {
    assertThat(new AgentProtocol("a").exec("x")).isEqualTo(new AgentProtocol("a").exec("x"));
    assertThat(new AgentProtocol("a").exec("x")).isNotEqualTo(new AgentProtocol("b").exec("x"));
  }

  @Test
  void aCommandThatNoGuestCanTakeIsRefused() {
    AgentProtocol protocol = new AgentProtocol("seed");
    assertThatThrownBy(() -> protocol.exec("x".repeat(200_000)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--share");
    assertThatThrownBy(() -> protocol.exec("a\0b")).isInstanceOf(UserError.class);
  }
}
