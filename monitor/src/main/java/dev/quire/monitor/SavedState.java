package dev.quire.monitor;

import dev.quire.machine.state.StateReader;
import dev.quire.monitor.memory.GuestMemory;
import java.util.function.Consumer;

/**
 * What a virtual machine goes on from, instead of starting a kernel.
 *
 * @param state what {@link VirtualMachine#save} wrote
 * @param pages fills the memory, which is as after power-on; called once, before the vCPUs get
 *     their state, and after it was checked that the memory has the right size
 */
public record SavedState(StateReader state, Consumer<GuestMemory> pages) {}
