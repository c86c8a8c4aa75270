package dev.quire.run;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.trace.FrameStream;
import dev.quire.monitor.trace.LruFilter;
import dev.quire.monitor.trace.MemoryTracer.Tracing;
import dev.quire.monitor.trace.TraceHeader;
import dev.quire.monitor.trace.TraceWriter;
import java.util.function.Consumer;

/**
 * Follows one start of a guest into a file, until it is closed; closes itself if the process is
 * asked to end, and if the file cannot be written any more, which does nothing to the guest.
 */
public final class MemoryTrace implements AutoCloseable {
  private final VirtualMachine vm;
  private final TraceWriter writer;
  private final Tracing tracing;
  private final Thread atExit = new Thread(this::finish, "end of trace");
  private boolean finished;

  /**
   * Begins, before the VM runs. A {@link UserError} if the file cannot be written.
   *
   * @param name the guest's
   * @param start the how manyth of the guest it is, from 1
   * @param trouble is told why the trace ends before the guest
   */
  public MemoryTrace(
      TraceChoice choice, VirtualMachine vm, String name, int start, Consumer<UserError> trouble) {
    this.vm = vm;
    GuestMemory memory = vm.memory();
    int frames = Math.toIntExact(memory.size() >>> PhysicalMemory.FRAME_SHIFT);
    long firstGfn = memory.base() >>> PhysicalMemory.FRAME_SHIFT;
    String clock = vm.countsInstructions() ? "instructions" : "host";
    TraceHeader header =
        new TraceHeader(name, clock, vm.choice().word(), frames, firstGfn, choice.filter());
    writer =
        new TraceWriter(
            choice.file(start),
            header,
            sentence -> {
              trouble.accept(sentence);
              Thread.startVirtualThread(this::close);
            });
    FrameStream stream =
        choice.filter() == 1 ? writer : new LruFilter(frames, choice.filter() - 1, writer);
    tracing = vm.trace(stream);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  private void finish() {
    vm.endTrace(tracing);
    synchronized (this) {
      if (!finished) {
        finished = true;
        writer.end(tracing.references(), vm.clock().now());
        writer.close();
      }
    }
  }

  /** Writes what is missing, and ends; not on a processor's thread. */
  @Override
  public void close() {
    finish();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process ends; it is the hook's turn, or was.
    }
  }
}
