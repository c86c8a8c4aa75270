package dev.quire.monitor.explain;

import static dev.quire.monitor.Program.T1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.Guest;
import dev.quire.monitor.Program;
import dev.quire.monitor.explain.Outcome.Translated;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables of random bits, which a guest may have: everything about them can be explained. */
class GarbageTablesTest {
  private static final int SATP = 0x180;
  private static final long TABLES = Program.RESULTS + 0x10000;
  private static final int PAGES = 16;
  private static final List<Access> ACCESSES = List.of(Access.values());

  @ParameterizedTest
  @EnumSource(PagingChoice.class)
  void everythingCanBeExplained(PagingChoice choice) throws DmaFault {
    for (int seed = 0; seed < 6; seed++) {
      Random random = new Random(seed);
      long satp = (8L + seed % 3) << 60 | TABLES >>> 12;
      Program program = new Program().li(T1, satp).csrw(SATP, T1);
      long instructions = (program.here() - Program.START) / 4;
      try (Guest guest = new Guest(program, options -> options.paging(choice))) {
        fill(guest.vm().memory(), random);
        AtomicInteger asked = new AtomicInteger();
        guest.vm().atInstruction(instructions, () -> ask(guest, random, asked));
        guest.run();
        assertThat(asked.get()).isEqualTo(1);
      }
    }
  }

  /** Entries that look like entries: links among the tables, leaves of RAM, and noise. */
  private static void fill(GuestMemory memory, Random random) throws DmaFault {
    for (long gpa = TABLES; gpa < TABLES + PAGES * 4096; gpa += 8) {
      long link = (TABLES >>> 12) + random.nextInt(PAGES) << 10 | 1;
      long leaf = (0x80000L + random.nextInt(8192)) << 10 | random.nextInt(256) | 0xc3;
      long entry =
          switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> leaf;
            default -> link;
          };
      memory.writeNumber(gpa, 8, entry);
    }
  }

  private static void ask(Guest guest, Random random, AtomicInteger asked) {
    MemoryExplainer explainer = new MemoryExplainer(guest.vm());
    GuestMemory memory = guest.vm().memory();
    for (int i = 0; i < 200; i++) {
      int shift = random.nextInt(8, 26);
      WalkExplanation walk =
          explainer.walk(0, random.nextLong() << shift >> shift, ACCESSES.get(i % 3));
      assertThat(walk.text()).startsWith("gva 0x").contains("=> ");
      assertThat(walk.json()).containsEntry("count", walk.references().size());
      if (walk.outcome() instanceof Translated t
          && t.gpa() != Reference.NONE
          && memory.contains(t.gpa(), 1)) {
        assertThat(t.hpa()).isEqualTo(TableReader.hpaOf(memory, t.gpa()));
      }
    }
    TableReport report = explainer.tables(0, 5);
    assertThat(report.text()).contains(report.paging());
    assertThat(report.json()).containsKey("tables");
    asked.incrementAndGet();
    guest.vm().stop(0);
  }
}
