package dev.quire.monitor.trace;

import java.util.OptionalLong;

/**
 * What is known at the end of a trace.
 *
 * @param whole false if it was cut off: then what follows is about the part that could be read
 * @param misses how many events there are
 * @param time nanoseconds of the VM's time at the end; of a trace that was cut off, at its last
 *     event
 * @param references all of them, consecutive repeats too; empty if it was cut off
 */
public record TraceEnd(boolean whole, long misses, long time, OptionalLong references) {}
