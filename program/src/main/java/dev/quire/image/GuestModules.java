package dev.quire.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The folder {@code /lib/modules/VERSION} of a guest, with the two files that depmod would make for
 * modprobe: {@code modules.dep}, a line {@code NAME.ko: NEEDED.ko ...} for each module, the one to
 * be loaded first at the end, and {@code modules.alias}, lines {@code alias PATTERN NAME}. Modules
 * are thus loaded when something asks for them: /init for a device, the kernel itself for a file
 * system that is to be mounted.
 *
 * <p>The modules go in without their signatures, which take the guest's kernel 130 instructions a
 * byte to check (0.9 G for ext4) although the package they come from has been checked already.
 */
final class GuestModules {
  private final Map<String, byte[]> contents = new TreeMap<>();
  private final Map<String, SequencedSet<String>> needed = new TreeMap<>();
  private final SequencedSet<String> aliases = new TreeSet<>();

  /**
   * Reads the modules.
   *
   * @param files named {@code NAME.ko}, each after those it depends on
   * @throws IOException if one is not a module
   */
  GuestModules(List<Path> files) throws IOException {
    for (Path file : files) {
      try {
        add(nameOf(file), Files.readAllBytes(file));
      } catch (IllegalArgumentException e) {
        throw new IOException(file + " is " + e.getMessage(), e);
      }
    }
  }

  static String nameOf(Path module) {
    return module.getFileName().toString().replaceFirst("\\.ko$", "");
  }

  private void add(String name, byte[] module) {
    SequencedSet<String> before = new LinkedHashSet<>();
    for (String dependency : ModuleInfo.depends(module)) {
      SequencedSet<String> further = needed.get(dependency);
      if (further != null) { // else it is built into the kernel
        before.addAll(further);
        before.add(dependency);
      }
    }
    needed.put(name, before);
    contents.put(name, ModuleInfo.withoutSignature(module));
    ModuleInfo.aliases(module).forEach(pattern -> aliases.add("alias " + pattern + " " + name));
  }

  void write(CpioWriter cpio, String version) throws IOException {
    String folder = "lib/modules/" + version;
    cpio.directory("lib/modules", 0755);
    cpio.directory(folder, 0755);
    StringBuilder dependencies = new StringBuilder();
    for (Map.Entry<String, byte[]> module : contents.entrySet()) {
      cpio.file(folder + "/" + module.getKey() + ".ko", 0644, module.getValue());
      dependencies.append(module.getKey()).append(".ko:");
      needed(module.getKey()).reversed().forEach(n -> dependencies.append(" " + n + ".ko"));
      dependencies.append('\n');
    }
    cpio.file(folder + "/modules.dep", 0644, utf8(dependencies.toString()));
    String lines = aliases.isEmpty() ? "" : String.join("\n", aliases) + "\n";
    cpio.file(folder + "/modules.alias", 0644, utf8(lines));
  }

  private SequencedSet<String> needed(String name) {
    return needed.getOrDefault(name, new LinkedHashSet<>());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
