package dev.quire.monitor.policy;

import dev.quire.machine.board.UserError;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The policies that there are, by name: the built-in ones, and those on the class path. */
public final class Policies {
  /** The idle memory tax unless another one is asked for: an idle page costs 4 active ones. */
  public static final double DEFAULT_TAX = 0.75;

  /** By what part a VM may miss more than its baseline unless told otherwise. */
  public static final double DEFAULT_ALPHA = 0.05;

  /** And at most: whoever is allowed so much more is not protected. */
  public static final double MOST_ALPHA = 1000;

  private Policies() {}

  /**
   * The policy with this name, {@code idle-tax} with a tax of 75 %, {@code miss-ratio} with an
   * alpha of 5 %; UserError if none has it.
   */
  public static Policy named(String name) {
    return named(name, DEFAULT_TAX, DEFAULT_ALPHA);
  }

  /**
   * The same with another tax, 0 <= tax < 1, for {@code idle-tax}, and another alpha, 0 <= alpha <=
   * 1000, for {@code miss-ratio}; the others have none and take no notice. UserError names the
   * policies there are, or says what a tax or alpha may be.
   */
  public static Policy named(String name, double tax, double alpha) {
    if (!(tax >= 0 && tax < 1)) {
      throw UserError.of(
          "The idle memory tax is from 0 to less than 1, such as 0.75; not %s.", tax);
    }
    if (!(alpha >= 0 && alpha <= MOST_ALPHA)) {
      throw UserError.of(
          "Alpha, by what part a guest may miss more than its baseline, is from 0 to 1000, such as"
              + " 0.05; not %s.",
          alpha);
    }
    Map<String, Policy> all = all(tax, alpha);
    Policy policy = all.get(name);
    if (policy == null) {
      throw UserError.of(
          "There is no policy '%s'; there are %s.", name, String.join(", ", all.keySet()));
    }
    return policy;
  }

  /** The names of all policies, in alphabetical order. */
  public static List<String> names() {
    return List.copyOf(all(DEFAULT_TAX, DEFAULT_ALPHA).keySet());
  }

  private static Map<String, Policy> all(double tax, double alpha) {
    Map<String, Policy> all = new TreeMap<>();
    for (Policy policy :
        List.of(
            new StaticPolicy(),
            SharesPolicy.proportional(),
            SharesPolicy.idleTax(tax),
            new MissRatioPolicy(alpha))) {
      all.put(policy.name(), policy);
    }
    try {
      for (Policy policy : ServiceLoader.load(Policy.class)) {
        if (all.putIfAbsent(policy.name(), new CheckedPolicy(policy)) != null) {
          throw UserError.of(
              "%s is named '%s' as another policy is; give it a name of its own.",
              policy.getClass().getName(), policy.name());
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new UserError("A policy cannot be loaded: %s.".formatted(e.getMessage()), e);
    }
    return all;
  }
}
