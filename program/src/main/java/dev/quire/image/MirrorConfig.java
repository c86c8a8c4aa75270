package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a Debian archive may be found. The first of these that says anything decides: the {@code
 * --mirror} option, the variable {@code QUIRE_MIRROR}, the machine's apt configuration. No address
 * is built in.
 */
final class MirrorConfig {
  static final String VARIABLE = "QUIRE_MIRROR";
  private static final Set<String> SCHEMES = Set.of("http", "https", "file");

  private MirrorConfig() {}

  /**
   * The addresses to try, in order, each ending in a slash.
   *
   * @param option the option's value, or null
   * @param aptDirectory normally /etc/apt
   * @throws UserError if there is none, or the one given is not usable
   */
  static List<URI> candidates(
      @Nullable String option, Map<String, String> environment, Path aptDirectory) {
    if (option != null) {
      return List.of(parse(option, "--mirror"));
    }
    String variable = environment.get(VARIABLE);
    if (variable != null && !variable.isBlank()) {
      return List.of(parse(variable, VARIABLE));
    }
    List<URI> configured = AptSources.read(aptDirectory);
    if (configured.isEmpty()) {
      throw new UserError(
          "No Debian mirror is known: the apt configuration in "
              + aptDirectory
              + " names none, so give one with --mirror URL or "
              + VARIABLE
              + "=URL (http, https or file).");
    }
    return configured;
  }

  private static URI parse(String text, String origin) {
    String trimmed = text.strip();
    if (trimmed.startsWith("/")) {
      trimmed = "file:" + trimmed;
    }
    return usable(trimmed)
        .orElseThrow(
            () ->
                new UserError(
                    "The mirror '"
                        + text
                        + "' given by "
                        + origin
                        + " is not an address: it must be http://..., https://... or file:/..."));
  }

  /** The archive's root as an address that ends in a slash; empty if it cannot be fetched from. */
  static Optional<URI> usable(String text) {
    try {
      URI address = new URI(text.endsWith("/") ? text : text + "/");
      String scheme = address.getScheme();
      boolean complete = "file".equals(scheme) || address.getHost() != null;
      return scheme != null && SCHEMES.contains(scheme) && complete
          ? Optional.of(address)
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
