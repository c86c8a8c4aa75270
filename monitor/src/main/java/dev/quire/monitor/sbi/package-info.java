/**
 * The Supervisor Binary Interface 2.0, as a guest's kernel finds it: {@link
 * dev.quire.monitor.sbi.Sbi} hands each call to its extension, one class each.
 *
 * <pre>
 *   BASE 0x10  TIME  IPI  RFNC  HSM  SRST  DBCN       all else: not supported
 * </pre>
 */
@NullMarked
package dev.quire.monitor.sbi;

import org.jspecify.annotations.NullMarked;
