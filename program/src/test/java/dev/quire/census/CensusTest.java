package dev.quire.census;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import dev.quire.save.SaveWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CensusTest {
  private static final int PAGE = 4096;
  private static final int MEMORY = 6 << 20;
  private static final List<Granularity> ALL = List.of(Granularity.values());

  @TempDir private Path folder;
  private final List<MemoryFile> open = new ArrayList<>();

  private MemoryFile open(Path file) {
    MemoryFile opened = MemoryFile.open(file, false);
    open.add(opened);
    return opened;
  }

  private void closeAll() {
    open.forEach(MemoryFile::close);
  }

  // ---- random memory -------------------------------------------------------------------------

  /** Few contents, so that large pieces are equal, too: long runs of them from a few starts. */
  private static SortedMap<Long, byte[]> memory(Random random, boolean withHoles) {
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long at = 0; at < MEMORY; ) {
      int kind = random.nextInt(withHoles ? 6 : 5);
      long length = Math.min(MEMORY - at, (long) PAGE << random.nextInt(11));
      int start = random.nextInt(3);
      for (long end = at + length; at < end; at += PAGE) {
        byte[] page = new byte[PAGE];
        if (kind < 3) {
          page[random.nextInt(1 + kind)] = (byte) (at / PAGE % (kind + 1) + start + 1);
        }
        if (kind < 5) {
          pages.put(at, page);
        }
      }
    }
    return pages;
  }

  private static byte[] bytes(SortedMap<Long, byte[]> pages) {
    byte[] bytes = new byte[MEMORY];
    pages.forEach((at, page) -> System.arraycopy(page, 0, bytes, at.intValue(), PAGE));
    return bytes;
  }

  private Path core(String name, SortedMap<Long, byte[]> pages, boolean extended)
      throws IOException {
    CoreWriter core = new CoreWriter(pages.size() + 1, extended).note();
    pages.reversed().forEach(core::memory); // in any order
    return core.write(folder.resolve(name));
  }

  private Path save(String name, SortedMap<Long, byte[]> pages) {
    Path file = folder.resolve(name);
    try (SaveWriter writer = SaveWriter.create(file, MEMORY)) {
      pages.forEach((at, page) -> writer.page((int) (at / PAGE), page));
      writer.end(new byte[9], "{}");
      var _ = writer.finish();
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithTheDefinitionsAtAllGranularities(long seed) throws Exception {
    Random random = new Random(seed);
    List<Map<Long, byte[]>> memories = new ArrayList<>();
    Census census = new Census(ALL, seed, 1000, true);
    for (int i = 0; i < 5; i++) {
      SortedMap<Long, byte[]> pages = memory(random, i % 3 == 1);
      memories.add(pages);
      String name = "source" + i;
      Path file =
          switch (i % 3) {
            case 0 -> Files.write(folder.resolve(name), bytes(pages));
            case 1 -> core(name, pages, seed % 2 == 0);
            default -> save(name, pages);
          };
      census.add(open(file), bytes -> {});
    }
    for (Count count : census.count()) {
      check(count, new NaiveCensus(count.granularity(), memories));
    }
    Verification verification = census.verify(bytes -> {});
    assertThat(verification.different()).isZero();
    assertThat(verification.changed()).isZero();
    assertThat(verification.compared()).isPositive();
    closeAll();
  }

  private void check(Count count, NaiveCensus naive) {
    for (int i = 0; i < count.curve().size(); i++) {
      Count.Point point = count.curve().get(i);
      assertThat(point)
          .as("%s", count.granularity())
          .isEqualTo(naive.point(open.get(i).name(), i + 1));
      assertThat(point.reclaimable()).isEqualTo(point.pages() - point.distinct());
    }
    if (!count.top().isEmpty()) {
      assertThat(count.top()).extracting(Count.Frequent::copies).isEqualTo(naive.copies());
    }
  }

  @Test
  void equalFilesAreSharedBetweenAndNotWithin() throws Exception {
    byte[] bytes = new byte[512 * PAGE];
    new Random(1).nextBytes(bytes);
    Path file = Files.write(folder.resolve("a"), bytes);
    Census census = new Census(ALL, 7, 1, false);
    census.add(open(file), at -> {});
    census.add(open(file), at -> {});
    List<Count> counts = census.count();
    Count.Point total = counts.getFirst().total();
    assertThat(total).isEqualTo(new Count.Point(file.toString(), 1024, 0, 512, 0, 512, 0, 1024));
    assertThat(counts.getLast().total().distinct()).isEqualTo(1);
    assertThat(counts.getFirst().collision()).isBetween(7.0e-15, 7.2e-15); // 512 * 511 / 2^65
    assertThat(new CensusText(census, counts).text(Optional.empty()))
        .endsWith(
            "1,024 of 1,024 pages (100.0 %) have a twin: 0.0 % zero, 0.0 % within one VM, 100.0 %"
                + " between VMs.\n");
    closeAll();
  }

  @Test
  void theMostFrequentContentsAreFoundAndShown() throws Exception {
    byte[] bytes = new byte[4 * MEMORY];
    new Random(1).nextBytes(bytes);
    for (int page = 3; page < 2000; page += 20) {
      Arrays.fill(bytes, page * PAGE, (page + 1) * PAGE, (byte) 0xa5);
    }
    Path file = Files.write(folder.resolve("a"), bytes);
    Census census = new Census(List.of(Granularity.K4), 7, 3, false);
    census.add(open(file), at -> {});
    Count count = census.count().getFirst();
    assertThat(count.top())
        .singleElement()
        .satisfies(
            top -> {
              assertThat(top.copies()).isEqualTo(100);
              assertThat(top.sources()).isEqualTo(1);
              assertThat(top.place()).isNotNull();
              assertThat(census.show(top, Granularity.K4)).isEqualTo("all bytes a5");
            });
    closeAll();
  }

  @Test
  void aTailIsPaddedWithZerosAndSaid() throws Exception {
    Path file = Files.write(folder.resolve("a"), new byte[PAGE + 1]);
    MemoryFile memory = open(file);
    assertThat(memory.note()).contains("has only 1 bytes: zeros are added");
    Census census = new Census(List.of(Granularity.K4), 7, 3, false);
    census.add(memory, at -> {});
    assertThat(census.count().getFirst().total().zero()).isEqualTo(2);
    closeAll();
  }

  @Test
  void holesOfAFileAreZeroPages() throws Exception {
    Path file = folder.resolve("sparse");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(64 << 20);
    }
    Census census = new Census(List.of(Granularity.K4), 7, 3, false);
    census.add(open(file), at -> {});
    assertThat(census.count().getFirst().total().zero()).isEqualTo(64 << 8);
    closeAll();
  }

  @Test
  void aFileThatChangesIsNotTakenForACollision() throws Exception {
    byte[] bytes = new byte[2 * PAGE];
    Arrays.fill(bytes, (byte) 1);
    Path file = Files.write(folder.resolve("a"), bytes);
    Path other = Files.write(folder.resolve("b"), bytes);
    Census census = new Census(List.of(Granularity.K4), 7, 0, true);
    census.add(open(file), at -> {});
    census.add(open(other), at -> {});
    assertThat(census.count().getFirst().total().twins()).isEqualTo(4);
    Files.write(other, new byte[PAGE]);
    assertThatThrownBy(() -> census.verify(at -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("became shorter");
    bytes[PAGE] = 2;
    Files.write(other, bytes);
    Verification verification = census.verify(at -> {});
    assertThat(verification.compared()).isEqualTo(2);
    assertThat(verification.different()).isZero();
    closeAll();
  }

  @Test
  void resultsForProgramsHaveTheirNames() throws Exception {
    Path file = Files.write(folder.resolve("a,\"b"), new byte[PAGE]);
    Census census = new Census(List.of(Granularity.K4), 7, 0, false);
    census.add(open(file), at -> {});
    List<Count> counts = census.count();
    assertThat(Json.readObject(CountFormats.json(counts)).keySet())
        .containsExactly(
            "pages",
            "zero",
            "distinct",
            "shareableWithin",
            "shareableBetween",
            "reclaimable",
            "granularity",
            "curve");
    assertThat(CountFormats.csv(counts).lines().skip(1))
        .containsExactly("4096,1,\"" + folder + "/a,\"\"b\",1,1,0,0,0,1,1");
    closeAll();
  }

  @Test
  void granularitiesAreParsed() {
    assertThat(Granularity.parse("2m,4K")).containsExactly(Granularity.K4, Granularity.M2);
    assertThat(Granularity.parse("all")).isEqualTo(ALL);
    assertThatThrownBy(() -> Granularity.parse("8K"))
        .isInstanceOf(UserError.class)
        .hasMessage("'8K' is no granularity: there are 4K, 16K, 64K, 2M, and all.");
  }
}
