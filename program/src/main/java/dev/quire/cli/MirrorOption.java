package dev.quire.cli;

import dev.quire.image.MirrorOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options {@code --mirror} and {@code --insecure}: where guest images come from. */
final class MirrorOption {
  @Option(
      names = "--mirror",
      paramLabel = "URL",
      description =
          "The Debian archive to pull from (http, https or file). Default: QUIRE_MIRROR, else this"
              + " machine's apt configuration.")
  private @Nullable String mirror;

  @Option(
      names = "--insecure",
      description = "Trust the mirror without checking the archive's signature.")
  private boolean insecure;

  MirrorOptions options() {
    return new MirrorOptions(mirror, insecure);
  }
}
