package dev.quire.machine.device;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;

/**
 * A 16550A serial port (National Semiconductor PC16550D data sheet), byte registers, no line speed:
 * transmitting takes no guest time, so the transmitter is always empty. Received bytes that the
 * guest has not yet read wait behind the 16-byte FIFO in a host queue, so the line never overruns;
 * a program that reads slowly just sees the FIFO filled again.
 */
public final class Uart16550 implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x100;

  /** Bytes that may wait, FIFO and host queue together. */
  public static final int CAPACITY = 1 << 16;

  private static final int FIFO_SIZE = 16;

  private static final int RBR_THR = 0;
  private static final int IER = 1;
  private static final int IIR_FCR = 2;
  private static final int LCR = 3;
  private static final int MCR = 4;
  private static final int LSR = 5;
  private static final int MSR = 6;
  private static final int SCR = 7;

  private static final int IER_RECEIVED = 1;
  private static final int IER_THR_EMPTY = 2;
  private static final int IER_LINE_STATUS = 4;
  private static final int IER_MODEM_STATUS = 8;

  private static final int IIR_MODEM_STATUS = 0x0;
  private static final int IIR_NONE = 0x1;
  private static final int IIR_THR_EMPTY = 0x2;
  private static final int IIR_RECEIVED = 0x4;
  private static final int IIR_LINE_STATUS = 0x6;
  private static final int IIR_TIMEOUT = 0xc;
  private static final int IIR_FIFO_ENABLED = 0xc0;

  private static final int LCR_DLAB = 0x80;
  private static final int MCR_LOOP = 0x10;
  private static final int LSR_DATA_READY = 0x01;
  private static final int LSR_OVERRUN = 0x02;
  private static final int LSR_TRANSMITTER_EMPTY = 0x60;
  private static final int MSR_LINES = 0xf0;
  private static final int MSR_CONNECTED = 0xb0;
  private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};

  private final InterruptLine line;
  private final ByteSink output;
  private final byte[] one = new byte[1];

  private final ByteQueue input = new ByteQueue(CAPACITY);
  private final ByteQueue looped = new ByteQueue(FIFO_SIZE);

  private int ier;
  private int fcr;
  private int lcr;
  private int mcr;
  private int msr = MSR_CONNECTED;
  private int scr;
  private int divisor = 1;
  private boolean overrun;
  private boolean thrEmptyPending;

  public Uart16550(InterruptLine line, ByteSink output) {
    this.line = line;
    this.output = output;
  }

  /**
   * The line delivers {@code bytes}; any thread. Returns how many were taken: fewer when {@link
   * #CAPACITY} bytes wait for a guest that does not read, and the rest is the caller's to offer
   * again or to drop.
   */
  public synchronized int receive(byte[] bytes) {
    int taken = 0;
    while (taken < bytes.length && input.add(bytes[taken])) {
      taken++;
    }
    updateLine();
    return taken;
  }

  /** Back to the state after power-on; input that waits is kept. */
  public synchronized void reset() {
    ier = 0;
    fcr = 0;
    lcr = 0;
    mcr = 0;
    msr = MSR_CONNECTED;
    overrun = false;
    thrEmptyPending = false;
    looped.clear();
    updateLine();
  }

  /** Writes the registers, and the input that the guest has not read. */
  public synchronized void save(StateWriter out) {
    out.putInt(ier);
    out.putInt(fcr);
    out.putInt(lcr);
    out.putInt(mcr);
    out.putInt(msr);
    out.putInt(scr);
    out.putInt(divisor);
    out.putBoolean(overrun);
    out.putBoolean(thrEmptyPending);
    input.save(out);
    looped.save(out);
  }

  /** Takes over a state, in place of all that there was, and drives the line by it. */
  public synchronized void load(StateReader in) {
    ier = in.getInt("the interrupt enable register", 0, 0xf);
    fcr = in.getInt("the FIFO control register", 0, 0xff) & 0xc1;
    lcr = in.getInt("the line control register", 0, 0xff);
    mcr = in.getInt("the modem control register", 0, 0x1f);
    msr = in.getInt("the modem status register", 0, 0xff);
    scr = in.getInt("the scratch register", 0, 0xff);
    divisor = in.getInt("the divisor", 0, 0xffff);
    overrun = in.getBoolean();
    thrEmptyPending = in.getBoolean();
    input.load(in);
    looped.load(in);
    updateLine();
  }

  @Override
  public synchronized long read(long offset, int size) {
    checkSize(size);
    if (offset > SCR) {
      return 0;
    }
    int value = readRegister((int) offset);
    updateLine();
    return value;
  }

  private int readRegister(int register) {
    boolean dlab = (lcr & LCR_DLAB) != 0;
    return switch (register) {
      case RBR_THR -> dlab ? divisor & 0xff : received().poll();
      case IER -> dlab ? divisor >>> 8 : ier;
      case IIR_FCR -> readInterruptId();
      case LCR -> lcr;
      case MCR -> mcr;
      case LSR -> readLineStatus();
      case MSR -> readModemStatus();
      default -> scr;
    };
  }

  private int readInterruptId() {
    int id = interruptId();
    if (id == IIR_THR_EMPTY) {
      thrEmptyPending = false;
    }
    return fifoEnabled() ? id | IIR_FIFO_ENABLED : id;
  }

  private int readLineStatus() {
    int status = LSR_TRANSMITTER_EMPTY;
    status |= received().isEmpty() ? 0 : LSR_DATA_READY;
    status |= overrun ? LSR_OVERRUN : 0;
    overrun = false;
    return status;
  }

  private int readModemStatus() {
    int status = msr;
    msr &= MSR_LINES;
    return status;
  }

  @Override
  public synchronized void write(long offset, int size, long value) {
    checkSize(size);
    if (offset <= SCR) {
      writeRegister((int) offset, (int) value & 0xff);
      updateLine();
    }
  }

  private void writeRegister(int register, int value) {
    boolean dlab = (lcr & LCR_DLAB) != 0;
    switch (register) {
      case RBR_THR -> {
        if (dlab) {
          divisor = divisor & 0xff00 | value;
        } else {
          transmit((byte) value);
        }
      }
      case IER -> {
        if (dlab) {
          divisor = divisor & 0xff | value << 8;
        } else {
          writeInterruptEnable(value & 0xf);
        }
      }
      case IIR_FCR -> writeFifoControl(value);
      case LCR -> lcr = value;
      case MCR -> writeModemControl(value & 0x1f);
      case SCR -> scr = value;
      default -> {}
    }
  }

  /** The THR is empty again at once, which is an event even if it was empty before. */
  private void transmit(byte value) {
    if ((mcr & MCR_LOOP) != 0) {
      overrun |= !looped.add(value);
    } else {
      one[0] = value;
      output.accept(one, 0, 1);
    }
    thrEmptyPending = true;
  }

  /** Enabling the THR-empty interrupt while the THR is empty raises it; drivers probe for this. */
  private void writeInterruptEnable(int value) {
    if ((value & ~ier & IER_THR_EMPTY) != 0) {
      thrEmptyPending = true;
    }
    ier = value;
  }

  /** Bit 0 enables the FIFOs, bit 1 empties the receiver's, bits 7..6 set its trigger level. */
  private void writeFifoControl(int value) {
    boolean toggled = ((value ^ fcr) & 1) != 0;
    if (toggled || (value & 2) != 0) {
      looped.clear();
    }
    fcr = (value & 1) != 0 ? value & 0xc1 : 0;
  }

  /** In loopback the modem's inputs are the modem control's outputs: RTS, DTR, OUT1, OUT2. */
  private void writeModemControl(int value) {
    mcr = value;
    int lines = MSR_CONNECTED;
    if ((value & MCR_LOOP) != 0) {
      lines = (value & 2) << 3 | (value & 1) << 5 | (value & 0xc) << 4;
    } else {
      looped.clear();
    }
    int changed = lines ^ msr & MSR_LINES;
    boolean ringEnded = (msr & ~lines & 0x40) != 0;
    int delta = changed >>> 4 & 0xb | (ringEnded ? 4 : 0);
    msr = lines | msr & 0xf | delta;
  }

  private boolean fifoEnabled() {
    return (fcr & 1) != 0;
  }

  private ByteQueue received() {
    return (mcr & MCR_LOOP) != 0 ? looped : input;
  }

  /** The pending interrupt of highest priority (data sheet, table 4). */
  private int interruptId() {
    if ((ier & IER_LINE_STATUS) != 0 && overrun) {
      return IIR_LINE_STATUS;
    }
    int waiting = received().size();
    if ((ier & IER_RECEIVED) != 0 && waiting > 0) {
      boolean triggered = !fifoEnabled() || waiting >= TRIGGER_LEVELS[fcr >>> 6];
      return triggered ? IIR_RECEIVED : IIR_TIMEOUT;
    }
    if ((ier & IER_THR_EMPTY) != 0 && thrEmptyPending) {
      return IIR_THR_EMPTY;
    }
    if ((ier & IER_MODEM_STATUS) != 0 && (msr & ~MSR_LINES) != 0) {
      return IIR_MODEM_STATUS;
    }
    return IIR_NONE;
  }

  private void updateLine() {
    line.set(interruptId() != IIR_NONE);
  }

  private static void checkSize(int size) {
    if (size != 1) {
      throw BusFault.INSTANCE;
    }
  }
}
