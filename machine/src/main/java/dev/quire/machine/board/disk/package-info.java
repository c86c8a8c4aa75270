/**
 * Image files of the host as the disks of a computer: what VirtioBlock reads and writes through
 * {@link dev.quire.machine.device.virtio.BlockStore}. A RawDisk is written by one machine alone;
 * ReadOnlyDisk and CopyOnWriteDisk share an image that nobody writes. DiskFile opens and locks; a
 * file that cannot serve is a {@link dev.quire.machine.board.UserError}.
 */
@NullMarked
package dev.quire.machine.board.disk;

import org.jspecify.annotations.NullMarked;
