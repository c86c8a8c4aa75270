package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.bus.BusFault;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;

/** Completes a guest's loads and stores of devices, for one vCPU. */
final class MmioEmulator {
  /** How an access ended. */
  enum Outcome {
    /** The instruction is done; its length is known. */
    DONE,
    /** Nothing answers there, or not to this instruction: an access fault. */
    FAULT,
    /** The instruction could not be read any more: the guest tries again. */
    RETRY
  }

  private final Hart hart;
  private final AddressMap devices;
  private final MemoryInstruction instruction = new MemoryInstruction();

  MmioEmulator(Hart hart, AddressMap devices) {
    this.hart = hart;
    this.devices = devices;
  }

  /** Does the data part of the instruction at sepc, which faulted at {@code gpa}. */
  Outcome access(long gpa, boolean store) {
    if (!devices.contains(gpa)) {
      return Outcome.FAULT;
    }
    int bits;
    try {
      bits = fetch(hart.csrs().peek(CsrNumber.SEPC));
    } catch (GuestTrap gone) {
      return Outcome.RETRY;
    }
    if (!instruction.decode(bits) || instruction.store != store) {
      return Outcome.FAULT;
    }
    if ((gpa & instruction.size - 1) != 0) {
      return Outcome.FAULT;
    }
    try {
      perform(gpa);
    } catch (BusFault nothing) {
      return Outcome.FAULT;
    }
    return Outcome.DONE;
  }

  /** Bytes of the instruction that was {@link Outcome#DONE}. */
  int length() {
    return instruction.length;
  }

  /** Reads an instruction as HLVX does: through both stages, with the guest's privilege. */
  private int fetch(long gva) {
    int low = (int) hart.mmu().hypervisorLoad(gva, 2, true) & 0xffff;
    if (!MemoryInstruction.isLong(low)) {
      return low;
    }
    return low | (int) hart.mmu().hypervisorLoad(gva + 2, 2, true) << 16;
  }

  private void perform(long gpa) {
    long[] registers = instruction.floating ? hart.f : hart.x;
    int register = instruction.register;
    if (instruction.store) {
      devices.write(gpa, instruction.size, registers[register]);
      return;
    }
    long value = instruction.loaded(devices.read(gpa, instruction.size));
    if (instruction.floating || register != 0) {
      registers[register] = value;
    }
  }
}
