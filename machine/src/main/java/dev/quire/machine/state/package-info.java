/**
 * The state of a computer as bytes: what its parts write when it is saved, and read when it goes on
 * elsewhere.
 *
 * <pre>
 *   part.save(StateWriter)   --&gt;  section: name, length, numbers and byte strings  --&gt;  a stream
 *   part.load(StateReader)   &lt;--  the same, each step checked; StateFault if it is not as it must be
 * </pre>
 *
 * <p>Sections follow each other and are not nested; a part knows its own order of numbers, and
 * nothing but the order and the names of sections ties the two sides together. Which version of all
 * this a file holds is for the file's own header to say. Numbers are little-endian.
 *
 * <p>What is read may be anything: a file that was damaged, or made to do harm. A reader takes no
 * memory by a length that the bytes do not bear out, and each part checks what it reads as it would
 * check a guest's writes, so that the worst state that can be loaded is one that a guest could have
 * brought about.
 */
@NullMarked
package dev.quire.machine.state;

import org.jspecify.annotations.NullMarked;
