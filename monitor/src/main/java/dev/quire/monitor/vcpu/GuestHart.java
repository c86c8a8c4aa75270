package dev.quire.monitor.vcpu;

import dev.quire.machine.hart.Hart;

/**
 * A hart as the guest knows it: what the firmware interface needs of a processor, however the
 * guest's memory is virtualized. The processor on which a call is served is its caller; what is not
 * said to be for any thread is for the caller's.
 */
public interface GuestHart {
  /** States of the SBI's hart state management that a hart can be seen in. */
  enum State {
    STOPPED,
    START_PENDING,
    STARTED,
    SUSPENDED
  }

  /** The guest's hart id. */
  int id();

  /** The hart of the machine that runs it. */
  Hart hart();

  // ---- states ------------------------------------------------------------------------------

  /** Any thread. */
  State state();

  /**
   * Starts a stopped hart in the kernel's mode at a gpa; false if it is not stopped. Any thread.
   */
  boolean start(long address, long opaque);

  /** Stops for good, or until {@link #start}. */
  void stop();

  /** Waits for an interrupt, then goes on. */
  void suspend();

  /** Waits for an interrupt, then starts afresh at a gpa. */
  void suspendAndStart(long address, long opaque);

  // ---- interrupts and fences ---------------------------------------------------------------

  /** Makes the guest's software interrupt pending, which the guest clears. Any thread. */
  void raiseSoftwareInterrupt();

  /** Sets when the guest's timer interrupt comes, in its own ticks. */
  void setTimer(long ticks);

  /** Orders earlier writes before this hart's next instruction; {@code caller} asks. Any thread. */
  void fenceInstructions(GuestHart caller);

  /**
   * Executes the guest's SFENCE.VMA for {@code range} before this hart's next instruction; {@code
   * caller} asks. Any thread.
   */
  void fenceAddresses(GuestHart caller, FenceRange range);

  // ---- calls -------------------------------------------------------------------------------

  /** Argument {@code number}, 0 to 7, of the environment call being served. */
  long argument(int number);

  /** Sets the results of the environment call being served. */
  void setResult(long error, long value);
}
