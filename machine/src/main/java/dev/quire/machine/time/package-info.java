/** Guest time and the actions that come due in it. */
@NullMarked
package dev.quire.machine.time;

import org.jspecify.annotations.NullMarked;
