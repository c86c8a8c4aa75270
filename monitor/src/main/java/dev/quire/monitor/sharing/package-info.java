/**
 * Finds pages of the same content, of one VM and of several, and has them share a frame (after
 * Waldspurger, "Memory Resource Management in VMware ESX Server", OSDI 2002, section 4).
 *
 * <pre>
 *   Sharing        what is wanted: between whom, in which order, how fast
 *   Scanner        looks at pages, and says which may be merged; all in one batch at a time
 *     ScanOrder      which page is next
 *     FrameHash      a page's key: its content, by a seed of its group's own
 *     SharingTable   the frame that stands for a key
 *     Merges         what a batch found for one VM, done while that stands still
 *   ScanPace       how many pages may be looked at now
 *   ScanCounters   what came of it; they add up
 * </pre>
 *
 * What sharing is, and that nothing wrong can come of a hint that is no more true, is the business
 * of {@link dev.quire.monitor.memory.GuestMemory}: it compares in full, under its lock, what nobody
 * can write any more. What is here only says where to look.
 */
@NullMarked
package dev.quire.monitor.sharing;

import org.jspecify.annotations.NullMarked;
