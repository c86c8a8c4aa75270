/** Machine memory: 4 KiB frames outside the Java heap, and the devices' window on it. */
@NullMarked
package dev.quire.machine.memory;

import org.jspecify.annotations.NullMarked;
