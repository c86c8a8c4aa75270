package dev.quire.bench;

import dev.quire.host.GuestPrograms;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import dev.quire.host.demo.DemandTime;
import dev.quire.host.demo.Moved;
import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.policy.Policies;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** How long a guest waits, under each policy, for memory that another does not use. */
@Command(
    name = "demand",
    mixinStandardHelpOptions = true,
    description = "Measures how long a guest waits for memory that another does not use.")
final class DemandBench implements Callable<Integer> {
  @Parameters(
      paramLabel = "POLICY",
      arity = "1..*",
      description = "static, proportional, idle-tax, or one of your own.")
  private List<String> policies = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    policies.forEach(Policies::named);
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    GuestFile kernel = new GuestFile("kernel", Files.readAllBytes(image.kernel()));
    System.out.println("policy          seconds   balloon, swapped out, swapped in (MiB)");
    for (String policy : policies) {
      DemandTime time = DemandTime.of(policy, vm -> boot(vm, image, kernel));
      Moved moved = time.rehearsal().played().moved();
      System.out.printf(
          Locale.ROOT,
          "%-13s %s%7.2f   %d, %d, %d%n",
          policy,
          time.satisfied() ? "  " : "> ",
          time.seconds(),
          moved.byBalloon() >> 20,
          moved.swappedOut() >> 20,
          moved.swappedIn() >> 20);
    }
    return 0;
  }

  private static HostSession.Boot boot(VmEntry vm, GuestImage image, GuestFile kernel) {
    Initramfs.Options options = Initramfs.Options.of(vm.memory()).withFiles(GuestPrograms.files());
    return new HostSession.Boot(
        kernel, new GuestFile("the initramfs", Initramfs.build(image, options)));
  }
}
