package dev.quire.control;

import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VmConfig;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A guest that jumps to itself for ever. */
final class TinyGuest {
  private static final int JUMP_TO_ITSELF = 0x6f;
  private static final long MEMORY = 8 << 20;

  private TinyGuest() {}

  static GuestRun run() {
    byte[] program =
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(JUMP_TO_ITSELF).array();
    VmConfig config =
        new VmConfig.Builder(new GuestFile("loop", program))
            .memory(MEMORY)
            .countsInstructions(false)
            .build();
    return new GuestRun(config, GuestConsole.kept(false), null, (bytes, offset, length) -> {});
  }
}
