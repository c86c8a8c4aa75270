package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.sharing.Sharing;
import dev.quire.monitor.sharing.Sharing.Mode;
import dev.quire.monitor.sharing.Sharing.Order;
import dev.quire.monitor.sharing.Sharing.Pace;
import dev.quire.run.DiskChoice;
import dev.quire.run.ProxyChoice;
import dev.quire.run.TraceChoice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostFileTest {
  private static final long MIB = 1 << 20;
  private static final Path EXAMPLE = Path.of("../examples/host.toml");

  private static final String ALL =
      """
      [machine]
      memory = "1G"
      harts = 64
      clock = "instructions"
      [manager]
      policy = "static"
      tax = 0
      alpha = 0.25
      period = 2.5
      swap = "swap"
      swap_latency = 0
      sample_pages = 1000
      sample_period = "250ms"
      sharing = "group"
      scan_rate = 1_000_000
      scan_order = "sequential"
      [[vm]]
      name = "a"
      image = "Image"
      initrd = "initramfs"
      memory = "256M"
      min = "32M"
      max = "128M"
      shares = 1_000_000
      group = "g"
      paging = "shadow-lazy"
      cpus = 4
      disk = ["one,ro", "/two,cow", "three"]
      swap_disk = "64M"
      append = "quiet"
      exec = "true"
      start = "as memory allows"
      balloon = false
      disk_latency = "200us"
      trace_memory = "a.trace"
      trace_filter = 7
      [[vm]]
      name = "b"
      memory = "2M"
      disk = "one,ro"
      start = "now"
      proxy = false
      [[vm]]
      name = "c"
      memory = "256M"
      proxy = "100M"
      proxy_adapts = false
      proxy_check = true
      [[vm]]
      name = "d"
      memory = "256M"
      proxy = true
      [[event]]
      at = "1.5s"
      vm = "b"
      exec = "free"
      [[event]]
      at = 0
      vm = "a"
      exec = "ps"
      """;

  @TempDir Path folder;

  private HostConfig parse(String text) throws IOException {
    Path file = folder.resolve("host.toml");
    Files.writeString(file, text);
    return HostFile.parse(file);
  }

  private void create(String... names) throws IOException {
    for (String name : names) {
      Files.writeString(folder.resolve(name), "");
    }
  }

  @Test
  void whatIsNotSaidHasDefaults() throws IOException {
    HostConfig host =
        parse(
            """
            [machine]
            memory = "576M"
            [[vm]]
            name = "a"
            memory = "256M"
            """);
    assertThat(host.machine()).isEqualTo(new MachineConfig(576 * MIB, 2, false));
    assertThat(host.manager())
        .isEqualTo(
            new ManagerConfig(
                "idle-tax",
                0.75,
                0.05,
                1_000_000_000,
                new SwapConfig(true, null, 100_000),
                new Sampler.Settings(100, 30_000_000_000L),
                new Sharing(Mode.OFF, Order.RANDOM, new Pace.Rate(20_000), 0)));
    assertThat(host.vms())
        .containsExactly(
            new VmEntry(
                "a",
                null,
                null,
                256 * MIB,
                64 * MIB,
                256 * MIB,
                1000,
                "a",
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
                null));
    assertThat(host.events()).isEmpty();
  }

  @Test
  void allThatCanBeSaid() throws IOException {
    create("Image", "initramfs");
    HostConfig host = parse(ALL);
    assertThat(host.machine()).isEqualTo(new MachineConfig(1024 * MIB, 64, true));
    assertThat(host.manager())
        .isEqualTo(
            new ManagerConfig(
                "static",
                0,
                0.25,
                2_500_000_000L,
                new SwapConfig(true, folder.resolve("swap"), 0),
                new Sampler.Settings(1000, 250_000_000),
                new Sharing(Mode.GROUP, Order.SEQUENTIAL, new Pace.Rate(1_000_000), 0)));
    assertThat(host.vms().getFirst())
        .isEqualTo(
            new VmEntry(
                "a",
                folder.resolve("Image"),
                folder.resolve("initramfs"),
                256 * MIB,
                32 * MIB,
                128 * MIB,
                1_000_000,
                "g",
                PagingChoice.SHADOW_LAZY,
                4,
                List.of(
                    new DiskChoice(folder.resolve("one"), DiskChoice.Access.READ_ONLY),
                    new DiskChoice(Path.of("/two"), DiskChoice.Access.COPY_ON_WRITE),
                    new DiskChoice(folder.resolve("three"), DiskChoice.Access.READ_WRITE)),
                64 * MIB,
                "quiet",
                "true",
                true,
                false,
                null,
                200_000,
                new TraceChoice(folder.resolve("a.trace"), 7)));
    assertThat(host.vms().get(1))
        .extracting(VmEntry::min, vm -> vm.disks().size(), VmEntry::waitsForMemory)
        .containsExactly(MIB / 2, 1, false);
    assertThat(host.vms().subList(1, 4))
        .extracting(VmEntry::proxy)
        .containsExactly(
            null, new ProxyChoice("100M", false, true), new ProxyChoice("60%", true, false));
    assertThat(host.events())
        .containsExactly(new EventEntry(1_500_000_000, "b", "free"), new EventEntry(0, "a", "ps"));
  }

  @Test
  void theScannerMayHaveAPartOfAProcessor() throws IOException {
    String manager = "[manager]\nsharing='zero-only'\nscan_cpu=0.05\n";
    String vm = "[[vm]]\nname='a'\nmemory='2M'\n";
    HostConfig host = parse("[machine]\nmemory='64M'\n" + manager + vm);
    assertThat(host.manager().sharing())
        .isEqualTo(new Sharing(Mode.ZERO_ONLY, Order.RANDOM, new Pace.Share(0.05), 0));
    HostConfig counted = parse("[machine]\nmemory='64M'\nclock='instructions'\n" + manager + vm);
    assertThatThrownBy(() -> new HostSession(counted, any -> null))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("say scan_rate, in pages a second");
  }

  @Test
  void swapMayBeOff() throws IOException {
    String text = "[machine]\nmemory='64M'\n[manager]\nswap='off'\n[[vm]]\nname='a'\nmemory='2M'\n";
    assertThat(parse(text).manager().swap()).isEqualTo(new SwapConfig(false, null, 100_000));
  }

  @Test
  void aDiskWhoseNameHasACommaIsFound() throws IOException {
    create("with,comma");
    String text = "[machine]\nmemory='64M'\n[[vm]]\nname='a'\nmemory='2M'\ndisk='with,comma'\n";
    assertThat(parse(text).vms().getFirst().disks())
        .containsExactly(
            new DiskChoice(folder.resolve("with,comma"), DiskChoice.Access.READ_WRITE));
  }

  /** The sentence about a file that differs from a good one in line {@code line}. */
  private void assertMistake(String text, int line, String... parts) {
    assertThatThrownBy(() -> parse(text))
        .as(text)
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(folder.resolve("host.toml") + ", line " + line + ": ")
        .hasMessageEndingWith(".")
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }

  private void assertMachine(String line, String... parts) {
    String guest = "\n[[vm]]\nname='a'\nmemory='64M'\n";
    String memory = line.startsWith("memory") ? "" : "memory='64M'";
    assertMistake("[machine]\n" + memory + "\n" + line + guest, 3, parts);
  }

  private void assertManager(String line, String... parts) {
    assertMistake(
        "[machine]\nmemory='64M'\n[[vm]]\nname='a'\nmemory='64M'\n[manager]\n" + line, 7, parts);
  }

  private void assertVm(String line, String... parts) {
    assertMistake("[machine]\nmemory='64M'\n[[vm]]\nname='a'\nmemory='64M'\n" + line, 6, parts);
  }

  private void assertEvent(String lines, int line, String... parts) {
    assertMistake(
        "[machine]\nmemory='64M'\n[[vm]]\nname='a'\nmemory='64M'\n[[event]]\n" + lines,
        line,
        parts);
  }

  @Test
  void mistakesAboutTheMachine() {
    assertMachine("memory = 64", "memory must be a string in quotes, not 64");
    assertMachine("memory = '63M'", "63M", "multiple of 2M");
    assertMachine("memory = 'much'", "'much' is not a size");
    assertMachine("harts = 0", "harts must be a whole number from 1 to 64, not 0");
    assertMachine("harts = 65", "not 65");
    assertMachine("harts = 1.0", "not 1.0");
    assertMachine("harts = '2'", "not '2'");
    assertMachine("clock = 'virtual'", "'virtual' is not possible", "\"host\" or \"instructions\"");
    assertMachine("clock = true", "clock must be a string in quotes, not true");
    assertMachine("hart = 2", "[machine] has no key 'hart'", "memory, harts, clock");
    assertMistake("[machine]\nharts=1\n[[vm]]\n", 1, "[machine] has no memory", "256M");
  }

  @Test
  void mistakesAboutTheManager() {
    assertManager("policy = 3", "policy must be a string");
    assertManager(
        "policy = 'fair'", "no policy 'fair'", "idle-tax, miss-ratio, proportional, static");
    assertManager("alpha = -1", "alpha = -1.0 is not possible: from 0 to 1000.");
    assertManager("tax = 1", "tax = 1.0 is not possible: from 0 to below 1");
    assertManager("tax = -0.1", "-0.1");
    assertManager("tax = nan", "NaN");
    assertManager("tax = '0.5'", "tax must be a number from 0 to below 1, not '0.5'");
    assertManager("period = '1 s'", "'1 s' is not a time");
    assertManager("period = '99ms'", "at least 100ms");
    assertManager("period = -1", "'-1' is not a time");
    assertManager("period = inf", "period must be a time", "not Infinity");
    assertManager("period = 00:00:01", "not a date or time");
    assertManager("period = '1001h'", "at most 1000h");
    assertManager("swap_latency = false", "swap_latency must be a time", "not false");
    assertManager("swap = 'nowhere/swap'", "nowhere/swap cannot be the swap file");
    assertManager("swap = '.'", "cannot be the swap file");
    assertManager("swap = \"a\\u0000b\"", "'a?b' is not a file name");
    assertManager(
        "sharing = 'on'", "'on' is not possible: only \"off\" or \"zero-only\" or \"group\" is");
    assertManager("sample_pages = -1", "sample_pages must be a whole number from 0 to 1,000,000");
    assertManager("sample_period = '1us'", "The period of samples is too short: at least 1ms.");
    assertManager("scan_rate = 0", "scan_rate must be a whole number from 1 to 2,000,000, not 0");
    assertManager("scan_cpu = 0", "scan_cpu = 0.0 is not possible: above 0, at most 1");
    assertManager("scan_cpu = 1.5", "scan_cpu = 1.5 is not possible");
    assertManager("scan_cpu = '5%'", "scan_cpu must be a number above 0 and at most 1, not '5%'");
    assertManager("scan_order = 'up'", "only \"random\" or \"sequential\" is");
    assertManager("sharring = 'off'", "[manager] has no key 'sharring'", "sharing");
  }

  @Test
  void mistakesAboutAGuest() throws IOException {
    assertVm("image = 'Image'", "there is no file " + folder.resolve("Image"));
    assertVm("image = '.'", "there is no file");
    assertVm("initrd = '/nowhere'", "there is no file /nowhere");
    assertVm("min = '66M'", "min is 66 MiB, more than max, which is 64 MiB");
    assertVm("max = '66M'", "max is 66 MiB, more than memory, which is 64 MiB");
    assertVm("max = '8M'", "min is 16 MiB (a quarter of memory", "max, which is 8 MiB");
    assertVm("min = '32M'\nmax = '16M'", "min is 32 MiB, more than max, which is 16 MiB");
    assertVm("min = '1M'", "multiple of 2M");
    assertVm("shares = 0", "shares must be a whole number from 1 to 1,000,000, not 0");
    assertVm("shares = 1_000_001", "not 1000001");
    assertVm("group = 1", "group must be a string");
    assertVm("paging = 'native'", "'native' is not possible here: nested, shadow", "protected");
    assertVm("paging = 'nestde'", "'nestde' is not possible here: nested, shadow");
    assertVm("cpus = 5", "cpus must be a whole number from 1 to 4, not 5");
    assertVm("disk = 1", "disk must be a string or an array of strings, not 1");
    assertVm("disk = ['a', 1]", "disk must be a string or an array of strings, not 1");
    assertVm("disk = 'a,rw'", "'rw' is unknown; after the comma ro or cow");
    assertVm("disk = ['1','2','3','4','5','6','7']", "at most 6 disks, not 7");
    assertVm("disk = ['1','2','3','4','5','6']\nswap_disk = '2M'", "at most 6 disks, not 7");
    assertVm("swap_disk = '1M'", "not a multiple of 2M");
    assertVm("swap_disk = '17G'", "at most 16G is");
    assertVm("append = ['a']", "append must be a string in quotes, not an array");
    assertVm("exec = {}", "exec must be a string in quotes, not a table");
    assertVm("start = 'later'", "'later' is not", "\"now\" or \"as memory allows\"");
    assertVm("balloon = 'no'", "balloon must be true or false, not 'no'");
    assertVm("proxy = 1", "proxy must be true, false or a string in quotes, not 1");
    assertVm("proxy = '0%'", "cannot keep 0 % of its memory", "1 to 100");
    assertVm("proxy = '60 %'", "'60 %' is not a size");
    assertVm("proxy = '66M'", "A guest of 64 MiB cannot keep 66 MiB");
    assertVm("proxy = true", "cannot keep 40,263,680 bytes", "at least 64 MiB");
    assertVm("proxy_adapts = false", "proxy_adapts says nothing without proxy");
    assertVm("proxy_check = true", "proxy_check says nothing without proxy");
    assertVm("balloon = false\nproxy = '64M'", "proxy memory needs a balloon");
    assertVm("disk_latency = true", "disk_latency must be a time", "not true");
    assertVm("trace_memory = true", "trace_memory must be a string in quotes, not true");
    assertVm("trace_filter = 8", "trace_filter says nothing without trace_memory");
    assertVm("trace_filter = 0", "a whole number from 1 to 1,048,576, not 0");
    assertVm("\"a.b\" = 1", "[[vm]] has no key 'a.b'", "name, image", "balloon");
    assertVm("\"\\u001b[31m\" = 1", "has no key '?[31m'");
    assertVm("[vm.limits]\nmin='2M'", "[[vm]] has no key 'limits'");
  }

  @Test
  void mistakesAboutNames() {
    String machine = "[machine]\nmemory='64M'\n";
    assertMistake(machine + "[[vm]]\nmemory='2M'\n", 3, "[[vm]] has no name", "name = \"web\"");
    assertMistake(machine + "[[vm]]\nname='A B'\n", 4, "'A B' is no name for a guest");
    assertMistake(machine + "[[vm]]\nname='a'\n", 3, "[[vm]] has no memory");
    String twice = "[[vm]]\nname='a'\nmemory='2M'\n[[vm]]\nmemory='2M'\nname='a'\n";
    assertMistake(machine + twice, 8, "a guest 'a' above already");
  }

  @Test
  void mistakesAboutEvents() {
    assertEvent("at='1s'\nexec='true'\nvm='b'", 9, "there is no guest 'b': there are a.");
    assertEvent("at='1s'\nexec='true'\n", 6, "[[event]] has no vm");
    assertEvent("at='1s'\nvm='a'\n", 6, "[[event]] has no exec");
    assertEvent("vm='a'\nexec='true'\n", 6, "[[event]] has no at", "at = \"5s\"");
    assertEvent("vm='a'\nexec='true'\nat='soon'", 9, "'soon' is not a time", "500ms");
    assertEvent("vm='a'\nexec='true'\nwhen='1s'", 9, "[[event]] has no key 'when'");
  }

  @Test
  void mistakesAboutTables() {
    String machine = "[machine]\nmemory='64M'\n";
    assertMistake("", 1, "[machine] has no memory: write for example memory");
    assertMistake(machine, 1, "there is no guest: write [[vm]]");
    assertMistake(machine + "vm = []", 3, "[machine] has no key 'vm'");
    assertMistake("vm = []\n" + machine, 1, "there is no guest");
    assertMistake(machine + "[vm]\nname='a'\n", 3, "vm must be tables: write [[vm]]");
    assertMistake("vm = [{name='a', memory='2M'}, 3]\n" + machine, 1, "write [[vm]]");
    assertMistake("[[machine]]\nmemory='64M'\n", 1, "machine must be a table: write [machine]");
    assertMistake("manager = 1\n" + machine, 1, "write [manager]");
    assertMistake(machine + "[vms]\n", 3, "'vms' is unknown", "[machine], [manager], [[vm]]");
    assertMistake(machine + "[[vm]]\nname='a'\nmemory='2M'\n[event]\n", 6, "write [[event]]");
  }

  @Test
  void mistakesInTheLanguage() {
    assertMistake("[machine]\nmemory = 64M\n", 2, "Unexpected 'M'");
    assertMistake("[machine]\nmemory = '2M'\nmemory = '4M'\n", 3, "previously defined at line 2");
    assertMistake("[machine\n", 1, "Unexpected end of line");
  }

  @Test
  void aFileThatIsNoneIsASentence() throws IOException {
    Path file = folder.resolve("host.toml");
    assertThatThrownBy(() -> HostFile.parse(file))
        .isInstanceOf(UserError.class)
        .hasMessage("There is no host file " + file + ".");
    assertThatThrownBy(() -> HostFile.parse(folder))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("cannot be read");
    assertThatThrownBy(() -> HostFile.parse(Path.of("/dev/zero")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("more than 1 MiB");
    Files.write(file, "# \u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> HostFile.parse(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not text in UTF-8");
  }

  @Test
  void theExampleCanBeStarted() {
    HostConfig host = HostFile.parse(EXAMPLE);
    assertThat(host.vms()).hasSize(3);
    assertThat(host.vms().stream().mapToLong(VmEntry::memory).sum())
        .isGreaterThan(host.machine().memory());
    assertThat(host.vms().stream().mapToLong(VmEntry::min).sum())
        .isLessThan(host.machine().memory());
  }

  @Test
  void theExampleHasEveryKeyWithASentence() throws IOException {
    create("initramfs.cpio");
    String text = Files.readString(EXAMPLE);
    String all =
        Pattern.compile("^# ([a-z_]+ = .*)$", Pattern.MULTILINE).matcher(text).replaceAll("$1");
    HostConfig host = parse(all);
    assertThat(host.vms().get(1).disks()).hasSize(3);
    List<String> keys =
        Stream.of(MachineConfig.KEYS, ManagerConfig.KEYS, VmEntry.KEYS, EventEntry.KEYS)
            .flatMap(List::stream)
            .toList();
    assertThat(keys)
        .allSatisfy(
            key ->
                assertThat(text)
                    .containsPattern("(?m)^# [^\\n]*[a-z:][^\\n]*\\n(# )?" + key + " = "));
  }
}
