package dev.quire.image;

import org.jspecify.annotations.Nullable;

/**
 * How the user wants an image to be pulled.
 *
 * @param mirror the archive's address, or null to look for one as {@link MirrorConfig} says
 * @param insecure true to accept an archive whose signature cannot be checked
 */
public record MirrorOptions(@Nullable String mirror, boolean insecure) {
  public static final MirrorOptions DEFAULT = new MirrorOptions(null, false);
}
