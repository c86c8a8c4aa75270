package dev.quire.machine.isa;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes a static RISC-V Linux executable of one segment that may be read, written and executed.
 */
final class UserElf {
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int PAGE = 4096;

  private UserElf() {}

  static byte[] of(long base, byte[] image, long entry) {
    var file = ByteBuffer.allocate(PAGE + image.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    file.putShort((short) 2).putShort((short) 243).putInt(1); // ET_EXEC, EM_RISCV
    file.putLong(entry).putLong(HEADER).putLong(0);
    file.putInt(5); // RVC, double-float ABI
    file.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 1);
    file.position(HEADER);
    file.putInt(1).putInt(7); // PT_LOAD, RWX
    file.putLong(PAGE).putLong(base).putLong(base);
    file.putLong(image.length).putLong(image.length).putLong(PAGE);
    file.position(PAGE);
    file.put(image);
    return file.array();
  }
}
