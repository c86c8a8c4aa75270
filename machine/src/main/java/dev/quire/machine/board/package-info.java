/** A whole computer without a monitor: memory map, device tree, program loading, run loops. */
@NullMarked
package dev.quire.machine.board;

import org.jspecify.annotations.NullMarked;
