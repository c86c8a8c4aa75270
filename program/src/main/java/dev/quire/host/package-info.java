/**
 * Several guests on one machine.
 *
 * <pre>
 * GuestPrograms    Quire's own programs, for the guests' initramfs
 * </pre>
 */
@NullMarked
package dev.quire.host;

import org.jspecify.annotations.NullMarked;
