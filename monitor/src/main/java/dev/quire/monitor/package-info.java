/** The monitor: virtual machines and how their memory is virtualized and managed. */
@NullMarked
package dev.quire.monitor;

import org.jspecify.annotations.NullMarked;
