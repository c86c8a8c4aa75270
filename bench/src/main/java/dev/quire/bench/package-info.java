/** Benchmarks: nothing depends on them. */
@NullMarked
package dev.quire.bench;

import org.jspecify.annotations.NullMarked;
