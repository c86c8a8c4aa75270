/** What each instruction computes, once: small static methods, operands in, result out. */
@NullMarked
package dev.quire.machine.isa;

import org.jspecify.annotations.NullMarked;
