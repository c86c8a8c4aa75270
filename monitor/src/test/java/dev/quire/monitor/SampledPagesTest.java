package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.Sample;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.trace.MemoryTracer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A sample of all pages finds exactly those that a trace says are referenced, every method. */
class SampledPagesTest {
  private static final int STEPS = 3000;
  private static final long LIMIT_NANOS = 5_000_000;
  private static final int ALL = Integer.MAX_VALUE;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  /** Samples, one after the other, each beside what was referenced meanwhile. */
  private static final class Judge {
    private final VirtualMachine vm;
    private final Random random;
    private final BitSet referenced = new BitSet();
    private final List<String> wrong = new ArrayList<>();
    private int right;
    private int touched;

    Judge(VirtualMachine vm, long seed) {
      this.vm = vm;
      this.random = new Random(seed);
      MemoryTracer.Tracing _ = vm.trace((time, frame, evicted) -> referenced.set(frame));
      begin();
    }

    private void begin() {
      vm.memory().beginSample(random, random.nextBoolean() ? ALL : 2000);
      referenced.clear();
      vm.clock().schedule(1 + random.nextLong(4000), this::judge);
    }

    private void judge() {
      GuestMemory memory = vm.memory();
      Sample sample = memory.sample();
      long first = memory.base() >>> 12;
      if (sample.sampled() == sample.population()) {
        int waiting = 0;
        for (int i = referenced.nextSetBit(0); i >= 0; i = referenced.nextSetBit(i + 1)) {
          waiting += memory.awaitsTouch(first + i) ? 1 : 0;
        }
        // An instruction whose fault was just resolved has touched its page, and comes to it now.
        int beyond = sample.touched() - referenced.cardinality();
        if (waiting > 0 || beyond < 0 || beyond > 1) {
          wrong.add(
              "%s, but %d referenced, %d of them waiting at %d"
                  .formatted(sample, referenced.cardinality(), waiting, vm.clock().now()));
        }
        right++;
        touched += sample.touched();
      }
      begin();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void whatIsReferencedIsTouched(PagingChoice paging) {
    for (long seed = 1; seed <= 6; seed++) {
      Program program = new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
      boolean large = seed % 2 == 0;
      try (Machine machine = Machine.forMany(64 << 20, 0, SwapFile.in(folder), 0);
          Guest guest =
              new Guest(program, options -> options.paging(paging).largePages(large), machine)) {
        guest.vm().clock().schedule(LIMIT_NANOS, () -> guest.vm().stop(0));
        if (seed > 2) {
          new Upheaval(guest.vm(), seed, 3000, 200).begin();
        }
        Judge judge = new Judge(guest.vm(), seed);
        guest.run();
        assertThat(judge.wrong).as("seed %d", seed).isEmpty();
        assertThat(judge.right).isGreaterThan(5);
        assertThat(judge.touched).isGreaterThan(10 * judge.right);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void devicesTouchAndLooksDoNot(PagingChoice paging) throws DmaFault {
    try (Guest guest = new Guest(new Program().powerOff(), options -> options.paging(paging))) {
      GuestMemory memory = guest.vm().memory();
      long gpa = memory.base() + (5 << 20);
      memory.writeInt(gpa, 1);
      memory.beginSample(new Random(1), ALL);
      assertThat(memory.peek(gpa >>> 12, new byte[4096])).isNotNull();
      assertThat(memory.peekEntry(gpa)).isEqualTo(1);
      memory.look(0, 1);
      long hfn = memory.share(gpa >>> 12);
      assertThat(hfn).isPositive();
      assertThat(memory.sample().touched()).isZero();
      assertThat(memory.readInt(gpa)).isEqualTo(1);
      memory.writeInt(gpa, 2);
      assertThat(memory.sample().touched()).isEqualTo(1);
      memory.balloon((gpa >>> 12) + 1);
      memory.balloon(gpa >>> 12);
      int frames = (int) (memory.size() >>> 12);
      assertThat(memory.sample()).isEqualTo(new Sample(frames - 2, frames - 2, 0));
      memory.beginSample(new Random(1), ALL);
      assertThat(memory.sample()).isEqualTo(new Sample(frames - 2, frames - 2, 0));
      memory.beginSample(new Random(1), 100);
      assertThat(memory.sample()).isEqualTo(new Sample(frames - 2, 100, 0));
    }
  }
}
