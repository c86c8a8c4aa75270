package dev.quire.host;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.HostMachineClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.Machine;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.run.AgentChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;

/**
 * Copies a small virtual machine that never runs, on a machine of its own, a few times: the JVM has
 * then loaded and compiled what a clone needs. The first one that a user wants would take ten times
 * as long otherwise, and its source would stand still for that.
 */
public final class CloneRehearsal {
  private static final long MEMORY = 16 << 20;
  private static final int PAGE = 4096;
  private static final int TIMES = 8;

  private static final VmEntry ENTRY =
      new VmEntry(
          "rehearsal",
          null,
          null,
          MEMORY,
          0,
          MEMORY,
          1,
          "rehearsal",
          PagingChoice.NESTED,
          1,
          List.of(),
          0,
          "",
          null,
          false,
          true,
          null,
          0,
          null);

  private final HostMachineClock clock = new HostMachineClock(1);
  private final HostedConsole console = new HostedConsole();
  private final GuestMaker maker;

  private CloneRehearsal(Machine machine) {
    HostSession.Boot boot = new HostSession.Boot(new GuestFile("rehearsal", new byte[PAGE]), null);
    maker = new GuestMaker(machine, false, Sampler.Settings.STANDARD, entry -> boot);
    maker.boots(ENTRY, ENTRY);
  }

  /** Does so on a thread of its own. */
  public static void begin() {
    Thread.ofPlatform().daemon().name("rehearsal").start(CloneRehearsal::rehearse);
  }

  static void rehearse() {
    try (Machine machine = Machine.forMany(4 * MEMORY, 0, null, 0)) {
      new CloneRehearsal(machine).run();
    }
  }

  private void run() {
    AgentChannel agent = new AgentChannel(0);
    try (VirtualMachine source = make(maker.booting(ENTRY), agent)) {
      GuestMemory memory = source.memory();
      for (long offset = 0; offset < MEMORY / 2; offset += PAGE) {
        memory.write(memory.base() + offset, new byte[] {1}, 0, 1);
      }
      for (int i = 0; i < TIMES; i++) {
        byte[] state = GuestCopies.state(agent, console, source, new BitSet());
        GuestMaker.Copied copied =
            GuestCopies.read(state, ENTRY.name(), (copy, ballooned) -> copy.copyFrom(memory));
        make(maker.copying(ENTRY, copied), copied.conversation()).close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it has no disk
    } catch (DmaFault e) {
      throw new IllegalStateException(e);
    }
  }

  private VirtualMachine make(HostedVm.Factory factory, AgentChannel agent) {
    PowerControl power = new PowerControl();
    Clock computer = clock.computer(power, 1);
    return factory.make(power, computer, console, agent.port());
  }
}
