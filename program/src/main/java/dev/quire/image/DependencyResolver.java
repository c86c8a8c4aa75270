package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the packages that a few need: of alternatives the first that the archive has, of a virtual
 * package's providers the first, unless another one is in already.
 */
final class DependencyResolver {
  private final PackageIndex index;
  private final Set<String> leaves;
  private final Set<String> omitted;
  private final Map<String, DebianPackage> chosen = new LinkedHashMap<>();

  /**
   * @param leaves packages that are taken without what they depend on
   * @param omitted packages that nothing here really needs
   */
  DependencyResolver(PackageIndex index, Set<String> leaves, Set<String> omitted) {
    this.index = index;
    this.leaves = leaves;
    this.omitted = omitted;
  }

  /**
   * The named packages and all they depend on, each once.
   *
   * @throws UserError if the archive lacks one
   */
  List<DebianPackage> resolve(List<String> names) {
    for (String name : names) {
      add(ImageStore.packageOf(index, name));
    }
    return new ArrayList<>(chosen.values());
  }

  private void add(DebianPackage wanted) {
    if (chosen.putIfAbsent(wanted.name(), wanted) != null || leaves.contains(wanted.name())) {
      return;
    }
    for (List<String> alternatives : Relation.parse(wanted.depends())) {
      if (alternatives.stream().noneMatch(name -> omitted.contains(name) || isChosen(name))) {
        add(
            first(alternatives)
                .orElseThrow(
                    () ->
                        new UserError(
                            "The archive has no package "
                                + String.join(" or ", alternatives)
                                + ", on which "
                                + wanted.name()
                                + " depends.")));
      }
    }
  }

  private boolean isChosen(String name) {
    return chosen.containsKey(name)
        || index.providersOf(name).stream().anyMatch(p -> chosen.containsKey(p.name()));
  }

  private Optional<DebianPackage> first(List<String> alternatives) {
    return alternatives.stream()
        .flatMap(
            name ->
                index.find(name).or(() -> index.providersOf(name).stream().findFirst()).stream())
        .findFirst();
  }
}
