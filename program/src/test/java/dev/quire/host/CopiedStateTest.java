package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.state.StateWriter;
import org.junit.jupiter.api.Test;

class CopiedStateTest {
  @Test
  void isNotMoreThanTheHeapCanHold() {
    CopiedState state = new CopiedState(3 << 20);
    StateWriter out = new StateWriter(state);
    out.section("small", part -> part.put(new byte[1 << 20]));
    out.section("small", part -> part.put(new byte[1 << 20]));
    assertThat(state.size()).isBetween(2 << 20, (2 << 20) + 1000);
    assertThatThrownBy(() -> out.section("large", part -> part.put(new byte[1 << 20])))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "The guest cannot be copied: beside its memory there are more than 3 MiB");
  }
}
