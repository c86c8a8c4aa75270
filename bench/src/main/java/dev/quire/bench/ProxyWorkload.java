package dev.quire.bench;

import dev.quire.image.ImageStore;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.machine.board.disk.CopyOnWriteDisk;
import dev.quire.machine.device.virtio.BlockStore;
import java.util.List;

/**
 * Something that reads more from a disk than its guest can keep.
 *
 * @param memory of the guest, in MiB
 * @param disk MiB of a disk with numbers, for the program reader; 0: the userland is on it
 * @param prepare a command that comes before all others
 * @param work a command that is done twice: so that the caches fill, and to be counted
 * @param before its $1 the first time
 * @param counted its $1 the second time
 */
record ProxyWorkload(
    String name, int memory, int disk, String prepare, String work, int before, int counted) {
  static final long PAGE = 4096;

  /** Of all of them, for a command's help. */
  static final String NAMES = "zipf, random, loop, long-loop, sqlite, sqlite-ra0, grep";

  private static final String ROWS = "24000";

  private static final String NO_READAHEAD =
      """
      echo 0 >/sys/block/vda/queue/read_ahead_kb
      """;

  private static final String TABLE =
      """
      sqlite3 t.db "PRAGMA journal_mode = off; PRAGMA synchronous = off;
        CREATE TABLE t(a INTEGER PRIMARY KEY, c BLOB);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
          INSERT INTO t SELECT i, zeroblob(3900) FROM n;"
      sync; echo 3 >/proc/sys/vm/drop_caches
      """
          .formatted(ROWS);

  private static final String QUERIES =
      """
      sqlite3 t.db "WITH RECURSIVE n(i, x) AS
          (SELECT 1, $1 UNION ALL
           SELECT i + 1, (x * 1103515245 + 12345) & 2147483647 FROM n WHERE i < $1)
        SELECT sum(length(c)) FROM n JOIN t ON t.a = 1 + (x >> 7) %% %s;"
      """
          .formatted(ROWS);

  private static final String GREP =
      """
      i=0; while [ $i -lt $1 ]; do grep -rlF quire /usr | wc -l; i=$((i + 1)); done
      """;

  private static final List<ProxyWorkload> ALL =
      List.of(
          reader("zipf", 256, "--order zipf", 150_000, 100_000),
          reader("random", 192, "--order random", 100_000, 80_000),
          reader("loop", 128, "--order loop", 65_536, 65_536),
          reader("long-loop", 192, "--order loop", 49_152, 98_304),
          new ProxyWorkload("sqlite", 192, 0, TABLE, QUERIES, 96_000, 16_000),
          new ProxyWorkload("sqlite-ra0", 192, 0, NO_READAHEAD + TABLE, QUERIES, 96_000, 16_000),
          new ProxyWorkload("grep", 192, 0, "", GREP, 2, 2));

  /** A disk that nobody has open leaves the guest's page cache. */
  private static ProxyWorkload reader(
      String name, int disk, String options, int before, int counted) {
    String work = "reader /dev/vda %d %s --reads $1 --seed $1 | tail -n 1".formatted(disk, options);
    return new ProxyWorkload(name, 256, disk, "exec 3</dev/vda", work, before, counted);
  }

  /** All of them, or those of these names. */
  static List<ProxyWorkload> of(List<String> names) {
    return names.isEmpty() ? ALL : names.stream().map(ProxyWorkload::of).toList();
  }

  private static ProxyWorkload of(String name) {
    return ALL.stream()
        .filter(each -> each.name.equals(name))
        .findFirst()
        .orElseThrow(() -> UserError.of("The workload %s is unknown: %s.", name, NAMES));
  }

  /** The guest's memory. */
  long bytes() {
    return (long) memory << 20;
  }

  /** Pages that make so many per cent of the guest's memory. */
  int pages(int percent) {
    return (int) (bytes() / PAGE * percent / 100);
  }

  /** Its disk, anew. */
  BlockStore open() {
    return disk > 0
        ? new PatternDisk((long) disk << 20)
        : new CopyOnWriteDisk(
            ImageStore.ofUser().debianFull(MirrorOptions.DEFAULT, ProgressBar.onStandardError()));
  }

  /** What the kernel's command line needs for it. */
  String append() {
    return disk > 0 ? "" : " quire.root=/dev/vda";
  }
}
