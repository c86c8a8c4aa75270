/** The hart: registers, CSRs, traps, decoding and the interpreter. */
@NullMarked
package dev.quire.machine.hart;

import org.jspecify.annotations.NullMarked;
