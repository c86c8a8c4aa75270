package dev.quire.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With every cache off, a walk costs (g+1)(n+1)-1 references. */
class ReferenceCountTest {
  // Guest levels, leaf level in the guest, G-stage levels, G-stage leaf level, references.
  @ParameterizedTest
  @CsvSource({
    "3,0,3,0,15", "3,0,3,1,11", "3,0,3,2,7", "3,0,4,0,19", "3,0,5,0,23",
    "3,1,3,0,11", "3,1,3,1,8", "3,1,3,2,5", "3,1,4,0,14", "3,1,5,0,17",
    "3,2,3,0,7", "3,2,3,1,5", "3,2,3,2,3", "3,2,4,0,9", "3,2,5,0,11",
    "4,0,3,0,19", "4,0,3,1,14", "4,0,3,2,9", "4,0,4,0,24", "4,0,5,0,29",
    "5,0,3,0,23", "5,0,3,1,17", "5,0,3,2,11", "5,0,4,0,29", "5,0,5,0,35",
    "0,0,3,0,3", "0,0,3,1,2", "0,0,3,2,1", "0,0,4,0,4", "0,0,5,0,5",
    "3,0,0,0,3", "4,0,0,0,4", "5,0,0,0,5"
  })
  void walk(int g, int gLeaf, int n, int nLeaf, int references) {
    try (Fixture f = new Fixture(Fixture.off())) {
      long data = 0x4000_0000L;
      long vsRoot = 0;
      long target = Fixture.BASE;
      if (g > 0) {
        vsRoot = f.allocate(4096);
        f.map(vsRoot, g, data, gLeaf, Fixture.pte(target, Fixture.ALL));
      }
      long gRoot = 0;
      if (n > 0) {
        gRoot = f.allocate(16384);
        long size = 1L << 12 + 9 * nLeaf;
        for (long gpa = Fixture.BASE; gpa < Fixture.BASE + 0x20_0000; gpa += size) {
          f.map(gRoot, n, gpa, nLeaf, Fixture.pte(gpa, Fixture.USER));
        }
      }
      f.memory.writeLong(Fixture.BASE + 8, 42);
      f.enter(true, 0, Fixture.atp(g, 1, vsRoot), Fixture.atp(n, 1, gRoot));
      assertThat(f.mmu.loadLong((g > 0 ? data : target) + 8)).isEqualTo(42);
      assertThat(f.mmu.statistics().lastWalk()).isEqualTo(references);
      assertThat(f.mmu.statistics().histogram[references]).isEqualTo(1);
      assertThat(f.mmu.statistics().totalReferences()).isEqualTo(references);
    }
  }
}
