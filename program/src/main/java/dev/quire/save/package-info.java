/**
 * A virtual machine as a file: what it is, the state of its parts, and its memory.
 *
 * <pre>
 *   SaveWriter    writes one, page after page, and lets it appear only when it is whole
 *   SaveFile      reads one: checks everything before it believes it; streams the pages
 *     SaveHeader  the first 4 KiB: how long all parts are
 *     PageGroup   up to 511 pages with the page of numbers and checksums before them
 * </pre>
 *
 * docs/savefile.md has the format, byte by byte. What the description and the state mean is for
 * whoever writes them: {@code dev.quire.host}.
 */
@NullMarked
package dev.quire.save;

import org.jspecify.annotations.NullMarked;
