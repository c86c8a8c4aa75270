/**
 * The truth about which memory a VM uses: every reference to a guest frame, as a stream.
 *
 * <pre>
 *   MemoryTracer      a VM's references, of its vCPUs and of all who act for it
 *    HartReferences    those of one hart: from machine frames to guest frames
 *     FrameStream       whoever follows the stream
 *     LruFilter         leaves less of it, and loses nothing about larger caches
 *     TraceWriter       to a file: a TraceHeader, the stream, a TraceEnd    docs/traceformat.md
 *   TraceReader       from that file
 *    FrameStream       whoever follows the stream
 * </pre>
 */
@NullMarked
package dev.quire.monitor.trace;

import org.jspecify.annotations.NullMarked;
