package dev.quire.cli;

import dev.quire.machine.board.BareMachine;
import dev.quire.machine.device.ByteSink;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bare machine's console: what it prints goes to an output as it comes, what an input brings is
 * typed on its UART. A closed output loses text and nothing else.
 */
final class Console implements ByteSink {
  private final InputStream input;
  private final BufferedOutputStream output;
  private boolean dirty;
  private boolean started;
  private volatile boolean ended;
  private volatile @Nullable BareMachine machine;

  Console(InputStream input, OutputStream output) {
    this.input = input;
    this.output = new BufferedOutputStream(output, 1 << 13);
  }

  /** Types on that machine from now on. */
  void connect(BareMachine newMachine) {
    machine = newMachine;
    newMachine.clock().expectInput(!ended);
    if (!started) {
      started = true;
      Thread.ofPlatform().daemon().name("console-input").start(this::readInput);
    }
  }

  private void readInput() {
    byte[] bytes = new byte[4096];
    try {
      for (int count = input.read(bytes); count >= 0; count = input.read(bytes)) {
        BareMachine target = machine;
        if (target != null) {
          target.type(Arrays.copyOf(bytes, count));
        }
      }
    } catch (IOException e) {
      // Whoever typed is gone: as at the end of the input.
    }
    ended = true;
    BareMachine target = machine;
    if (target != null) {
      target.clock().expectInput(false);
    }
  }

  @Override
  public synchronized void accept(byte[] bytes, int offset, int length) {
    try {
      output.write(bytes, offset, length);
      dirty = true;
    } catch (IOException e) {
      dirty = false;
    }
  }

  /** Shows what has been printed. */
  synchronized void flush() {
    if (dirty) {
      dirty = false;
      try {
        output.flush();
      } catch (IOException e) {
        // Nobody reads any more.
      }
    }
  }
}
