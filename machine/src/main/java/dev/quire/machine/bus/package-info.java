/** Memory-mapped devices: the address map, the device interface, interrupt lines. */
@NullMarked
package dev.quire.machine.bus;

import org.jspecify.annotations.NullMarked;
