/**
 * The truth about which memory a VM uses: every reference to a guest frame, as a stream.
 *
 * <pre>
 *   FrameStream   whoever follows the stream
 *   LruFilter     leaves less of it, and loses nothing about larger caches
 * </pre>
 */
@NullMarked
package dev.quire.monitor.trace;

import org.jspecify.annotations.NullMarked;
