/**
 * How often do pages have the same content? A census answers it for running guests and for files
 * that hold memory, its sources.
 *
 * <pre>
 *   MemoryFile, FileFormat, ElfCore   files: raw images, ELF cores          a running guest
 *     FileReading                     read once, hashed on two threads        LivePages, in its process
 *       PageHasher                    64-bit hashes of 512 pages at a time       |
 *         Tally, HashRuns             a source's hashes, sorted, 8 bytes each  &lt;-+
 *           Merge                     all sources' hashes at once, content by content
 *             Census, Count           the numbers; Places: where frequent contents are
 *               Verification          all files again, comparing equal hashes in full
 *                 CensusText, ...     as text, CSV and JSON
 * </pre>
 *
 * <p>The terms, each for one granularity, a piece of memory of that size being a page. A page
 * exists if any of its bytes does; bytes that do not are zero in it. Memory that a running guest
 * has not touched, or that its balloon holds, does not exist: no frame stands behind it.
 *
 * <ul>
 *   <li>{@code pages = zero} + those that are not zero.
 *   <li>{@code distinct}: different contents of pages that are not zero.
 *   <li>{@code shareableWithin}: if each source kept each content but zero once, so many pages
 *       fewer.
 *   <li>{@code shareableBetween}: if then all sources together did, so many fewer again.
 *   <li>{@code reclaimable = zero + shareableWithin + shareableBetween = pages - distinct}: frames
 *       that perfect sharing frees. Zero pages count whole: a monitor need not keep any.
 *   <li>A <em>twin</em> is another page of the same content. A zero page always has one, the zeros
 *       that the monitor can make. Of other pages, one has a twin within its source, or only
 *       between sources: {@code twins = zero + twinsWithin + twinsBetween}.
 * </ul>
 */
@NullMarked
package dev.quire.census;

import org.jspecify.annotations.NullMarked;
