/**
 * Address translation: TLBs, the two-stage walker, walk caches, and the data paths of loads and
 * stores.
 */
@NullMarked
package dev.quire.machine.mmu;

import org.jspecify.annotations.NullMarked;
