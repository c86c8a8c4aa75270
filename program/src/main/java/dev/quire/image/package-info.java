/**
 * Guest images, made from a Debian archive.
 *
 * <p>What flows in: a mirror ({@link dev.quire.image.MirrorConfig}: an option, the environment or
 * the machine's apt configuration). {@link dev.quire.image.DebianArchive} follows the archive's
 * chain of trust: the signed InRelease ({@link dev.quire.image.SignatureCheck}) names the size and
 * SHA-256 of the package index ({@link dev.quire.image.PackageIndex}), which names those of each
 * package. {@link dev.quire.image.Fetcher} moves the bytes, and no file gets its final name before
 * it has been checked.
 *
 * <p>What flows out: {@link dev.quire.image.ImageStore}, the entry, keeps under the cache directory
 *
 * <ul>
 *   <li>{@code debian/}: a {@link dev.quire.image.GuestImage}: the kernel, the modules that guests
 *       need in the order in which they load ({@link dev.quire.image.KernelPackage}), and busybox;
 *   <li>{@code debian-full.ext4}: a userland as a disk ({@link dev.quire.image.DebianFull});
 *   <li>{@code sqlite/}: one program and its libraries ({@link dev.quire.image.SqliteProgram}).
 * </ul>
 *
 * {@link dev.quire.image.Initramfs} writes, for each start of a guest, the archive of its first
 * file system: the scripts in this package's resources, busybox, modules and shared files.
 */
@NullMarked
package dev.quire.image;

import org.jspecify.annotations.NullMarked;
