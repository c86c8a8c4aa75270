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

  private Policies() {}

  /** The policy with this name, {@code idle-tax} with a tax of 75 %; UserError if none has it. */
  public static Policy named(String name) {
    return named(name, DEFAULT_TAX);
  }

  /**
   * The same with another tax, 0 <= tax < 1, for {@code idle-tax}; the others have none and take no
   * notice. UserError names the policies there are, or says what a tax may be.
   */
  public static Policy named(String name, double tax) {
    if (!(tax >= 0 && tax < 1)) {
      throw UserError.of(
          "The idle memory tax is from 0 to less than 1, such as 0.75; not %s.", tax);
    }
    Map<String, Policy> all = all(tax);
    Policy policy = all.get(name);
    if (policy == null) {
      throw UserError.of(
          "There is no policy '%s'; there are %s.", name, String.join(", ", all.keySet()));
    }
    return policy;
  }

  /** The names of all policies, in alphabetical order. */
  public static List<String> names() {
    return List.copyOf(all(DEFAULT_TAX).keySet());
  }

  private static Map<String, Policy> all(double tax) {
    Map<String, Policy> all = new TreeMap<>();
    for (Policy policy :
        List.of(new StaticPolicy(), SharesPolicy.proportional(), SharesPolicy.idleTax(tax))) {
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
