package dev.quire.bench;

import dev.quire.agent.AgentProtocol;
import dev.quire.agent.AgentProtocol.Event;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.sampling.SampleCounters;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.run.GuestConsole;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A guest with one vCPU under the host clock, whose agent runs one command after another. */
final class QuireGuest implements AutoCloseable {
  private static final long LIMIT_SECONDS = 600;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /**
   * What a command has cost.
   *
   * @param instructions that the vCPU completed, in the program, the shell and the kernel
   * @param cpuSeconds of the vCPU's host thread
   * @param seconds by the wall, from the request to the agent's answer
   */
  record Cost(String output, int status, long instructions, double cpuSeconds, double seconds) {}

  private final AgentProtocol protocol = new AgentProtocol("bench");
  private final GuestConsole console = GuestConsole.kept(false);
  private final VirtualMachine vm;
  private final Thread runner;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private volatile CompletableFuture<Cost> answer = new CompletableFuture<>();
  private long instructions;
  private long cpuNanos;
  private long nanos;

  /** Starts the guest and waits for its agent. */
  QuireGuest(VmConfig config) {
    vm =
        new VirtualMachine(
            config, console, new ConsolePort(AgentProtocol.PORT_NAME, this::receive, open -> {}));
    vm.clock().expectInput(true);
    runner = Thread.ofPlatform().name("guest").start(this::run);
    var _ = await();
  }

  private void run() {
    var _ = vm.run();
    answer.completeExceptionally(
        new UserError("The guest has ended. Its console's last lines:\n" + console.lastLines(12)));
  }

  /** Runs it with {@code sh -c}. Both readings of the counters are taken on the vCPU's thread. */
  Cost exec(String command) {
    answer = new CompletableFuture<>();
    vm.clock().schedule(0, () -> begin(command));
    return await();
  }

  private void begin(String command) {
    output.reset();
    byte[] request = protocol.exec(command);
    instructions = vm.instructions();
    cpuNanos = THREADS.getCurrentThreadCpuTime();
    nanos = System.nanoTime();
    vm.tellAgent(request);
  }

  private void receive(byte[] bytes, int offset, int length) {
    for (Event event : protocol.feed(bytes, offset, length)) {
      switch (event) {
        case Event.Ready() -> end(0);
        case Event.Output(byte[] text) -> output.writeBytes(text);
        case Event.Exit(int status) -> end(status);
      }
    }
  }

  private void end(int status) {
    answer.complete(
        new Cost(
            output.toString(StandardCharsets.UTF_8),
            status,
            vm.instructions() - instructions,
            (THREADS.getCurrentThreadCpuTime() - cpuNanos) / 1e9,
            (System.nanoTime() - nanos) / 1e9));
  }

  /** Has the guest sampled in this way from now on. */
  void sample(Sampler.Settings settings) {
    vm.clock().whileStopped(() -> Objects.requireNonNull(vm.sampler()).set(settings));
  }

  /** What sampling has done and taken so far. */
  SampleCounters sampling() {
    return vm.whileStopped(
        () -> Objects.requireNonNull(vm.sampler()).counters(vm.exits().sampleNanos()));
  }

  private Cost await() {
    try {
      return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UserError error ? error : new IllegalStateException(e);
    } catch (TimeoutException e) {
      throw new UserError("The guest did not answer within " + LIMIT_SECONDS + " s.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted.", e);
    }
  }

  @Override
  public void close() {
    vm.stop(0);
    try {
      runner.join();
      vm.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new IllegalStateException("the guest has no disks", e);
    }
  }
}
