/**
 * The hart: one RISC-V processor, without its MMU.
 *
 * <p>{@link dev.quire.machine.hart.Hart} is what others see: registers, {@code run}, the seam for a
 * monitor. Its run loop takes interrupts and hands the rest to {@code Interpreter}.
 *
 * <p>Code flows in through {@code Mmu.fetchPage} to {@link dev.quire.machine.hart.CodeCache}, which
 * keeps one {@code CodePage} a frame, filled by {@code Decoder} (with {@code CompressedDecoder},
 * {@code FloatDecoder}, {@code SystemDecoder}) in the form of {@code Decoded}; {@code Op} numbers
 * the operations in the order of who executes them: {@code Interpreter}'s own loop, {@code
 * RegisterOps}, {@code AtomicOps}, {@code FloatOps}, {@code SystemOps}.
 *
 * <p>Traps flow out: whoever finds one fills the hart's {@code GuestTrap}, the interpreter makes pc
 * and counters exact, {@link dev.quire.machine.hart.Traps} enters it. {@link
 * dev.quire.machine.hart.Csrs} holds the registers, by behaviour ({@code CsrRegister}) in a table
 * ({@code CsrTable}); {@code Status}, {@code Environment}, {@code AddressSpaces}, {@code
 * Protection}, {@code TrapRegisters}, {@code Counters} and {@code InterruptViews} are its groups,
 * {@link dev.quire.machine.hart.Interrupts} decides what is pending, and {@link
 * dev.quire.machine.hart.PrivilegeChecks} who may do what. {@code HartState} is what they share.
 */
@NullMarked
package dev.quire.machine.hart;

import org.jspecify.annotations.NullMarked;
