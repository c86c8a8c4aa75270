package dev.quire.image;

/**
 * One package of an archive's index.
 *
 * @param depends its Depends and Pre-Depends, as written, joined by a comma
 * @param provides its Provides, as written
 * @param filename its path below the archive's root
 * @param expected the size and hash of its .deb
 */
record DebianPackage(
    String name,
    String version,
    String depends,
    String provides,
    String filename,
    Expected expected) {}
