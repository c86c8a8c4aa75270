/**
 * Memory of the host machine and of one VM.
 *
 * <p>{@link dev.quire.monitor.memory.FrameTable} gives out the machine's frames, always zeroed.
 * {@link dev.quire.monitor.memory.GuestMemory} owns a VM's P2M: it is the only place where a guest
 * frame (gfn) meets a machine frame (hfn). Guest instructions reach memory through the page tables
 * that a paging method builds from the P2M; everyone else (devices, loaders, the monitor's own
 * reads) goes through {@code GuestMemory}.
 *
 * <pre>
 *   gpa -> gfn -> PageState -> hfn -> hpa -> PhysicalMemory
 * </pre>
 */
@NullMarked
package dev.quire.monitor.memory;

import org.jspecify.annotations.NullMarked;
