package dev.quire.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "bare", mixinStandardHelpOptions = true)
final class BareCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
