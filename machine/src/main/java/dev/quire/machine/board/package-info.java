/**
 * A whole computer without a monitor, and what drives any computer, with a monitor or without.
 *
 * <pre>
 * BareMachine, BareOptions      memory map, harts, devices; BootImage, ElfFile, ProgramFile load it,
 *                               DeviceTree, BareDeviceTree, IsaString describe it; CommitLog traces it
 * Clock                         one computer's time, and the loop that runs its Processors in it:
 *   HostClock                     a thread for each; Gate stops them all, Stopwatch is their time
 *   InstructionClock              one thread, in turn, an instruction is a nanosecond
 * MachineClock                  the time of a machine with several computers, and of their manager:
 *   HostMachineClock              HostClocks, whose processors share harts fairly (HartPool)
 *   CountingMachineClock          InstructionClocks in turn: a whole machine repeats exactly
 *   MachineLoop, Mailbox          the manager's thread, and the way to it from others
 * PowerControl                  how a computer stops
 * UserError                     a user's mistake, in one sentence
 * </pre>
 */
@NullMarked
package dev.quire.machine.board;

import org.jspecify.annotations.NullMarked;
