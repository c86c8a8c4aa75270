package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.BusFault;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.MemoryInstruction;
import dev.quire.machine.hart.MemoryInstruction.Kind;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.GuestWalk;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Completes one guest instruction that the hart may not: a load or store of a device, or anything
 * at all that touches memory which a paging method keeps. It works on one vCPU, whose hart has
 * exited at the instruction.
 *
 * <p>With RAM it works under the VM's paging lock, as one step for those who ask {@link
 * GuestMemory}; what other vCPUs may write natively is changed by compare-and-set. Devices are
 * asked without the lock.
 */
public final class InstructionEmulator {
  /** How an instruction ended. */
  public enum Outcome {
    /** It is done; its length is known. */
    DONE,
    /** It faults: see {@link #cause} and {@link #address}. */
    FAULT,
    /** It could not be read, or is another one by now: the guest tries again. */
    RETRY
  }

  private static final long H_SPVP = 1L << 8;
  private static final long FS = 3L << 13;
  private static final long SUM = 1L << 18;
  private static final long MXR = 1L << 19;
  private static final int BLOCK = 64;
  private static final byte[] ZEROS = new byte[BLOCK];
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE = (int) PhysicalMemory.FRAME_SIZE;

  private final Hart hart;
  private final GuestMemory memory;
  private final AddressMap devices;
  private final GuestWalk walk;
  private final MemoryInstruction instruction;
  private final byte[] bytes = new byte[8];

  private long satp;
  private int mode;
  private int cause;
  private long address;

  /** The gpa of a device that the instruction accesses, or -1. */
  private long deviceGpa;

  /**
   * @param walk translates for this vCPU
   */
  public InstructionEmulator(Hart hart, GuestMemory memory, AddressMap devices, GuestWalk walk) {
    this.hart = hart;
    this.memory = memory;
    this.devices = devices;
    this.walk = walk;
    this.instruction = new MemoryInstruction(hart.isa());
  }

  /** Bytes of the instruction that was {@link Outcome#DONE}. */
  public int length() {
    return instruction.length;
  }

  /** Whether {@link #execute} was about a device. */
  boolean accessedDevice() {
    return deviceGpa >= 0;
  }

  /** After {@link Outcome#FAULT}: the exception that the guest takes. */
  public int cause() {
    return cause;
  }

  /** After {@link Outcome#FAULT}: for the guest's stval. */
  public long address() {
    return address;
  }

  // ---- under nested paging -------------------------------------------------------------------

  /**
   * Does the instruction at sepc, whose access at {@code gva} the hart translated to {@code gpa}
   * where there is no RAM.
   */
  Outcome accessDevice(long gpa, long gva, boolean store) {
    int access = store ? AccessType.STORE : AccessType.LOAD;
    if (!devices.contains(gpa)) {
      return fault(AccessType.accessFault(access), gva);
    }
    int bits;
    try {
      bits = fetchNested(hart.csrs().peek(CsrNumber.SEPC));
    } catch (GuestTrap gone) {
      return Outcome.RETRY;
    }
    boolean plain =
        instruction.decode(bits) && instruction.kind == (store ? Kind.STORE : Kind.LOAD);
    if (!plain || (gpa & instruction.size - 1) != 0) {
      return fault(AccessType.accessFault(access), gva);
    }
    return accessDevice(gpa, gva);
  }

  /** Reads an instruction as HLVX does: through both stages, with the guest's privilege. */
  private int fetchNested(long gva) {
    int low = (int) hart.mmu().hypervisorLoad(gva, 2, true) & 0xffff;
    if (!MemoryInstruction.isLong(low)) {
      return low;
    }
    return low | (int) hart.mmu().hypervisorLoad(gva + 2, 2, true) << 16;
  }

  // ---- where the monitor translates -----------------------------------------------------------

  /**
   * Does the instruction at sepc, whatever memory it accesses.
   *
   * @param guestSatp satp as the guest sees it
   */
  public Outcome execute(long guestSatp) {
    satp = guestSatp;
    mode = accessMode();
    deviceGpa = -1;
    Outcome outcome;
    long gva;
    synchronized (memory) {
      if (!fetch(hart.csrs().peek(CsrNumber.SEPC)) || !ready()) {
        return Outcome.RETRY;
      }
      gva = hart.x[instruction.base] + instruction.offset;
      outcome = perform(gva);
    }
    return deviceGpa < 0 ? outcome : accessDevice(deviceGpa, gva);
  }

  /** For {@link GuestWalk}: how the guest's loads and stores are made where it exited. */
  int accessMode() {
    long status = hart.csrs().peek(CsrNumber.VSSTATUS);
    return GuestWalk.mode(isUser(), (status & SUM) != 0, (status & MXR) != 0);
  }

  /** Whether the guest was in VU-mode where it exited. */
  boolean isUser() {
    return (hart.csrs().peek(CsrNumber.HSTATUS) & H_SPVP) == 0;
  }

  /** Reads and decodes the instruction at {@code pc}; false if there is none that we can do. */
  private boolean fetch(long pc) {
    int low = fetchHalf(pc);
    if (low < 0) {
      return false;
    }
    if (!MemoryInstruction.isLong(low)) {
      return instruction.decode(low);
    }
    int high = fetchHalf(pc + 2);
    return high >= 0 && instruction.decode(low | high << 16);
  }

  private int fetchHalf(long pc) {
    if (walk.walk(satp, pc, AccessType.FETCH, mode) != GuestWalk.OK) {
      return -1;
    }
    try {
      return memory.readShort(walk.gpa);
    } catch (DmaFault outside) {
      return -1;
    }
  }

  /** A hart that meets a floating-point instruction makes FS dirty before it accesses memory. */
  private boolean ready() {
    return !instruction.floating
        || (hart.csrs().peek(CsrNumber.VSSTATUS) & hart.csrs().peek(CsrNumber.SSTATUS) & FS) == FS;
  }

  private Outcome perform(long gva) {
    boolean aligned = (gva & instruction.size - 1) == 0;
    if (instruction.mustBeAligned() && !aligned) {
      boolean load = instruction.kind == Kind.LOAD_RESERVED;
      return fault(load ? Cause.LOAD_MISALIGNED : Cause.STORE_MISALIGNED, gva);
    }
    int access = access();
    if (!translate(gva, access)) {
      return Outcome.FAULT;
    }
    long gpa = walk.gpa;
    boolean plain = instruction.kind == Kind.LOAD || instruction.kind == Kind.STORE;
    if (plain && aligned && devices.contains(gpa)) {
      deviceGpa = gpa;
      return Outcome.DONE;
    }
    try {
      if (!plain) {
        special(gva, gpa);
        return Outcome.DONE;
      }
      int head = (int) Math.min(instruction.size, PAGE - (gva & PAGE - 1));
      return head == instruction.size ? whole(gpa) : halves(gva, gpa, head, access);
    } catch (DmaFault outside) {
      return fault(AccessType.accessFault(access), gva);
    }
  }

  private int access() {
    return switch (instruction.kind) {
      case LOAD, LOAD_RESERVED -> AccessType.LOAD;
      case STORE, STORE_CONDITIONAL, AMO, ZERO_BLOCK -> AccessType.STORE;
      case CACHE_BLOCK -> AccessType.CACHE_BLOCK;
    };
  }

  /** Has the walk find {@code gva}, or says how that faults. */
  private boolean translate(long gva, int access) {
    int outcome = walk.walk(satp, gva, access, mode);
    if (outcome == GuestWalk.OK) {
      return true;
    }
    boolean pageFault = outcome == GuestWalk.PAGE_FAULT;
    fault(pageFault ? AccessType.pageFault(access) : AccessType.accessFault(access), gva);
    return false;
  }

  private Outcome fault(int exception, long gva) {
    cause = exception;
    address = gva;
    return Outcome.FAULT;
  }

  // ---- loads and stores ------------------------------------------------------------------------

  /** All in one page. */
  private Outcome whole(long gpa) throws DmaFault {
    if (instruction.kind == Kind.LOAD) {
      setTarget(memory.readNumber(gpa, instruction.size));
    } else {
      memory.writeNumber(gpa, instruction.size, data());
    }
    return Outcome.DONE;
  }

  /** The first {@code head} bytes at {@code gpa}, the others in the next page. */
  private Outcome halves(long gva, long gpa, int head, int access) throws DmaFault {
    int tail = instruction.size - head;
    if (!memory.contains(gpa, head)) {
      return fault(AccessType.accessFault(access), gva);
    }
    if (!translate(gva + head, access)) {
      return Outcome.FAULT;
    }
    if (!memory.contains(walk.gpa, tail)) {
      return fault(AccessType.accessFault(access), gva + head);
    }
    if (instruction.kind == Kind.LOAD) {
      memory.read(gpa, bytes, 0, head);
      memory.read(walk.gpa, bytes, head, tail);
      setTarget((long) LONG.get(bytes, 0));
    } else {
      LONG.set(bytes, 0, data());
      memory.write(gpa, bytes, 0, head);
      memory.write(walk.gpa, bytes, head, tail);
    }
    return Outcome.DONE;
  }

  private long data() {
    return instruction.floating ? hart.f[instruction.source] : hart.x[instruction.source];
  }

  private void setTarget(long data) {
    long[] registers = instruction.floating ? hart.f : hart.x;
    registers[instruction.target] = instruction.loaded(data);
  }

  private Outcome accessDevice(long gpa, long gva) {
    boolean load = instruction.kind == Kind.LOAD;
    try {
      if (load) {
        setTarget(devices.read(gpa, instruction.size));
      } else {
        devices.write(gpa, instruction.size, data());
      }
      return Outcome.DONE;
    } catch (BusFault nothing) {
      int access = load ? AccessType.LOAD : AccessType.STORE;
      return fault(AccessType.accessFault(access), gva);
    }
  }

  // ---- atomics and blocks ----------------------------------------------------------------------

  private void special(long gva, long gpa) throws DmaFault {
    switch (instruction.kind) {
      case LOAD_RESERVED -> {
        long value = read(gpa);
        hart.reserve(gva, hpa(gpa), value);
        setTarget(value);
      }
      case STORE_CONDITIONAL -> {
        long value = read(gpa);
        boolean stored = hart.takeReservation(hpa(gpa), value) && replace(gpa, value, data());
        hart.x[instruction.target] = stored ? 0 : 1;
      }
      case AMO -> {
        long value;
        do {
          value = read(gpa);
        } while (!replace(gpa, value, instruction.combined(value, data())));
        setTarget(value);
      }
      case ZERO_BLOCK -> memory.write(gpa & -BLOCK, ZEROS, 0, BLOCK);
      default -> memory.readNumber(gpa, 1);
    }
  }

  /** The word or doubleword at {@code gpa}, sign-extended. */
  private long read(long gpa) throws DmaFault {
    return instruction.loaded(memory.readNumber(gpa, instruction.size));
  }

  private boolean replace(long gpa, long expected, long value) {
    return memory.compareAndSet(gpa, instruction.size, expected, value);
  }

  private long hpa(long gpa) {
    long frame = memory.frameFor(gpa >>> PhysicalMemory.FRAME_SHIFT);
    return (frame << PhysicalMemory.FRAME_SHIFT) + (gpa & PAGE - 1);
  }
}
