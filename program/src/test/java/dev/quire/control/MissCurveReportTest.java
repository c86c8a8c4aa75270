package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.board.disk.RawDisk;
import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.run.GuestConsole;
import dev.quire.run.GuestRun;
import dev.quire.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a guest that has not been started: what its disks transfer is made up. */
final class MissCurveReportTest {
  private static final long MEMORY = 96 << 20;
  private static final int PAGE = PageTransfers.PAGE;

  @TempDir private Path folder = Path.of("");

  private static Answer ask(VirtualMachine vm, String... words) {
    Arguments arguments = Arguments.ofWords(ControlCommands.MRC, List.of(words));
    return MissCurveReport.answer(
        new ControlCommands.Guest(
            vm,
            () -> {
              throw new AssertionError("its counters are not asked for");
            }),
        arguments);
  }

  private static Map<String, Object> json(VirtualMachine vm, String... words) {
    return Json.readObject(Json.write(ask(vm, words).value()));
  }

  /** The guest reads three blocks into pages, writes these, and reads four blocks. */
  private static void transfer(VirtualMachine vm, RawDisk disk) throws DmaFault {
    ProxyMemory proxy = Objects.requireNonNull(vm.proxy());
    PageTransfers transfers = proxy.transfers(0, disk);
    GuestMemory memory = vm.memory();
    long page = memory.base() + MEMORY / 2;
    for (int block = 1; block <= 3; block++) {
      transfers.fill(block, page + block * PAGE, new byte[PAGE], 0);
      memory.write(page + block * PAGE, new byte[PAGE], 0, PAGE);
    }
    for (int block : new int[] {1, 3, 7, 8}) { // below two others, on top, and never seen
      transfers.find(block, page, new byte[PAGE], 0);
    }
  }

  @Test
  void theCurveByTheGuestsMemory() throws IOException, DmaFault {
    Path file = Files.write(folder.resolve("disk"), new byte[16 * PAGE]);
    VmConfig config =
        new VmConfig.Builder(new GuestFile("nothing", new byte[4]))
            .memory(MEMORY)
            .balloon(true)
            .proxy(new ProxyMemory.Settings(64 << 20, true, false))
            .build();
    try (RawDisk disk = new RawDisk(file);
        GuestRun run =
            new GuestRun(config, GuestConsole.kept(false), null, (bytes, from, to) -> {})) {
      VirtualMachine vm = run.vm();
      transfer(vm, disk);
      assertThat(ask(vm).text())
          .contains("Of 96.0 MiB the guest keeps 96.0 (M0 is 64.0); the cache has 0.0 of 0.0 MiB.")
          .contains("it read 4 pages from its disks: 0 hits in the cache, 0 in place, 4 disk reads")
          .contains("The curve of 4 reads from 0.0 s to 0.0 s of its time")
          .containsPattern("96\\.0 MiB +4 +1\\.000  what it keeps  what it believes to have\n")
          .containsPattern("96\\.0 MiB +2 +0\\.500\nBeyond, nothing is known: ");
      Map<String, Object> json = json(vm, "--reset");
      assertThat(json)
          .containsEntry("source", "proxy memory")
          .containsEntry("reads", 4)
          .containsEntry("valid", Map.of("from", (int) MEMORY, "to", (int) MEMORY + 3 * PAGE));
      assertThat((List<?>) Objects.requireNonNull(json.get("points")))
          .asString()
          .matches(".*misses=4.*misses=3.*misses=2.*");
      assertThat(json(vm)).containsEntry("reads", 0);
      assertThat(json(vm, "--recent")).containsEntry("recent", true).containsEntry("reads", 0);
      assertThat(ask(vm).text()).contains("it read 4 pages").contains("The curve of 0 reads");
      assertThat(run.reportNow().text())
          .contains("proxy memory     M0 64.0 MiB, cache 0.0 of 0.0 MiB; ")
          .contains("disk pages       4 read: 0 hits, 0 in place, 4 disk reads; 0 written");
    }
  }

  @Test
  void aGuestWithoutProxyMemoryIsToldSo() {
    try (GuestRun run = TinyGuest.run()) {
      assertThatThrownBy(() -> ask(run.vm()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("This guest has no proxy memory: ")
          .hasMessageEndingWith(".");
    }
  }
}
