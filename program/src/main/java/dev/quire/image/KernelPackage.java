package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tukaani.xz.XZInputStream;

/**
 * Takes from a kernel's .deb (some 4,000 files) the kernel and the modules that guests need.
 *
 * <p>Module dependencies come from the modules themselves, because the package has no modules.dep:
 * depmod makes that file on the target. Names that are built into the kernel are skipped.
 */
final class KernelPackage {
  /** Drivers of virtio devices, then what ext4 needs, then ext4. */
  static final List<String> WANTED =
      List.of(
          "virtio_mmio",
          "virtio_blk",
          "virtio_console",
          "virtio_rng",
          "virtio_balloon",
          "virtio_net",
          "crc16",
          "crc32c_generic",
          "mbcache",
          "jbd2",
          "ext4");

  private final Path deb;
  private final Path target;
  private final Set<String> builtIn = new HashSet<>();
  private final Map<String, byte[]> modules = new HashMap<>();
  private boolean haveKernel;

  private KernelPackage(Path deb, Path target) {
    this.deb = deb;
    this.target = target;
  }

  /**
   * Writes {@code vmlinux} and {@code modules/NAME.ko} into the folder.
   *
   * @return the names of the modules, each after those it depends on
   * @throws UserError if the package is damaged or has no kernel
   */
  static List<String> extract(Path deb, Path target) {
    KernelPackage kernel = new KernelPackage(deb, target);
    try {
      return kernel.run();
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  private List<String> run() throws IOException {
    Set<String> missing = new LinkedHashSet<>(WANTED);
    while (!missing.isEmpty()) {
      int before = modules.size();
      pass(missing);
      if (!haveKernel) {
        throw new UserError("The package " + deb + " holds no kernel (boot/vmlinux-*).");
      }
      if (modules.size() == before) {
        break; // this kernel version has no such module
      }
      missing = missingDependencies();
    }
    List<String> order = loadOrder();
    Path folder = Files.createDirectories(target.resolve("modules"));
    for (String name : order) {
      Files.write(folder.resolve(name + ".ko"), bytesOf(name));
    }
    return order;
  }

  /** Reads the package once, up to the last file that is of interest. */
  private void pass(Set<String> names) {
    Set<String> missing = new HashSet<>(names);
    boolean first = !haveKernel;
    DebFile.walk(
        deb,
        (path, entry, content) -> {
          String leaf = path.substring(path.lastIndexOf('/') + 1);
          if (path.startsWith("boot/vmlinux-") && first) {
            copy(content, target.resolve("vmlinux"));
            haveKernel = true;
          } else if (leaf.equals("modules.builtin")) {
            readBuiltIn(new String(content.readAllBytes(), StandardCharsets.UTF_8));
            missing.removeAll(builtIn);
          } else if (leaf.matches(".*\\.ko(\\.xz)?") && missing.remove(moduleName(leaf))) {
            modules.put(moduleName(leaf), read(leaf, content));
          }
          return !(missing.isEmpty() && haveKernel && !builtIn.isEmpty());
        });
  }

  private static void copy(InputStream content, Path file) throws IOException {
    try {
      Files.copy(content, file);
    } catch (java.nio.file.FileSystemException e) {
      throw new Failures.Writing(e);
    }
  }

  private static byte[] read(String leaf, InputStream content) throws IOException {
    byte[] packed = content.readAllBytes();
    if (!leaf.endsWith(".xz")) {
      return packed;
    }
    try (InputStream in = new XZInputStream(new ByteArrayInputStream(packed))) {
      return in.readAllBytes();
    }
  }

  private void readBuiltIn(String list) {
    list.lines()
        .map(line -> moduleName(line.substring(line.lastIndexOf('/') + 1)))
        .forEach(builtIn::add);
  }

  /** {@code virtio-rng.ko.xz} is the module virtio_rng. */
  private static String moduleName(String leaf) {
    return ModuleInfo.canonical(leaf.replaceFirst("\\.ko(\\.xz)?$", ""));
  }

  private Set<String> missingDependencies() {
    Set<String> missing = new LinkedHashSet<>();
    for (byte[] module : modules.values()) {
      missing.addAll(dependencies(module));
    }
    missing.removeAll(modules.keySet());
    missing.removeAll(builtIn);
    return missing;
  }

  private List<String> dependencies(byte[] module) {
    try {
      return ModuleInfo.depends(module);
    } catch (IllegalArgumentException e) {
      throw new UserError(
          "The package " + deb + " holds a module that is " + e.getMessage() + ".", e);
    }
  }

  private List<String> loadOrder() {
    Set<String> order = new LinkedHashSet<>();
    for (String name : WANTED) {
      place(name, order, new HashSet<>());
    }
    return new ArrayList<>(order);
  }

  private void place(String name, Collection<String> order, Set<String> above) {
    byte[] module = modules.get(name);
    if (module == null || order.contains(name) || !above.add(name)) {
      return;
    }
    for (String dependency : dependencies(module)) {
      place(dependency, order, above);
    }
    order.add(name);
  }

  private byte[] bytesOf(String name) {
    byte[] module = modules.get(name);
    if (module == null) {
      throw new IllegalStateException("no module " + name);
    }
    return module;
  }
}
