/**
 * Guests that do something together, and what came of it: the demonstration of {@code quire up},
 * and the comparisons of policies.
 */
@NullMarked
package dev.quire.host.demo;

import org.jspecify.annotations.NullMarked;
