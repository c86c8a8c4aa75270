package dev.quire.monitor.paging;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;

/** What the paging methods of all VMs share of the machine. */
public record PagingHost(PhysicalMemory memory, FrameTable frames, MachineAsids asids) {}
