/** The architecture's vocabulary: privilege modes, trap causes, extensions, and the guest trap. */
@NullMarked
package dev.quire.machine.arch;

import org.jspecify.annotations.NullMarked;
