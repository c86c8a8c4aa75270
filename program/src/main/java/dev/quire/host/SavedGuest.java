package dev.quire.host;

import dev.quire.control.ControlFolder;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.proxy.SwapDisk;
import dev.quire.run.DiskChoice;
import dev.quire.run.Json;
import dev.quire.run.ProxyChoice;
import dev.quire.save.SaveFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a save says of its guest, in JSON: a {@link VmEntry}, with its limits of that moment. Files
 * are absolute; "" stands for none; of {@code proxyOwn}, for no proxy memory.
 */
record SavedGuest(
    String name,
    String group,
    long memory,
    long min,
    long max,
    int shares,
    int cpus,
    PagingChoice paging,
    String kernel,
    String initrd,
    String append,
    String exec,
    boolean balloon,
    long swapDisk,
    String proxyOwn,
    boolean proxyAdapts,
    boolean proxyChecks,
    long diskNanos,
    List<Disk> disks) {

  /** A disk that was not written in place; {@code bytes} is its file's length. */
  record Disk(String file, DiskChoice.Access access, long bytes) {
    static Disk of(DiskChoice disk) {
      return new Disk(absolute(disk.file()), disk.access(), length(disk.file()));
    }

    private static long length(Path file) {
      try {
        return Files.size(file);
      } catch (IOException e) {
        throw new UserError("The disk %s cannot be read: %s.".formatted(file, e), e);
      }
    }

    DiskChoice choice() {
      Path path = path(file);
      if (path == null || !Files.isRegularFile(path)) {
        throw UserError.of("The guest was saved with the disk %s, which is not there now.", file);
      }
      long now = length(path);
      if (now != bytes) {
        throw UserError.of(
            "The guest was saved when its disk %s had %d bytes; now it has %d.", file, bytes, now);
      }
      return new DiskChoice(path, access);
    }
  }

  SavedGuest {
    disks = List.copyOf(disks);
  }

  static SavedGuest of(VmEntry entry) {
    ProxyChoice proxy = entry.proxy();
    return new SavedGuest(
        entry.name(),
        entry.group(),
        entry.memory(),
        entry.min(),
        entry.max(),
        entry.shares(),
        entry.cpus(),
        entry.paging(),
        absolute(entry.kernel()),
        absolute(entry.initrd()),
        entry.append(),
        entry.exec() == null ? "" : entry.exec(),
        entry.balloon(),
        entry.swapDisk(),
        proxy == null ? "" : proxy.own(),
        proxy != null && proxy.adapts(),
        proxy != null && proxy.checks(),
        entry.diskNanos(),
        entry.disks().stream().map(Disk::of).toList());
  }

  private static String absolute(@Nullable Path path) {
    return path == null ? "" : path.toAbsolutePath().toString();
  }

  String json() {
    return Json.write(this);
  }

  /** What a save says; a {@link UserError} if it cannot be. */
  static SavedGuest read(SaveFile file) {
    try {
      SavedGuest saved = RecordReader.read(SavedGuest.class, Json.readObject(file.description()));
      if (saved.memory != file.memory()) {
        throw UserError.of("its memory is %d and %d bytes", saved.memory, file.memory());
      }
      if (saved.cpus < 1 || saved.cpus > VmEntry.MAX_CPUS || saved.paging == PagingChoice.NATIVE) {
        throw UserError.of("it has %d CPUs under %s", saved.cpus, saved.paging.word());
      }
      ProxyChoice proxy = saved.proxy();
      if (proxy != null) {
        var _ = proxy.settings(saved.memory);
      }
      if (saved.diskNanos < 0) {
        throw UserError.of("its disks need %d ns", saved.diskNanos);
      }
      int disks = saved.disks.size() + (saved.swapDisk == 0 ? 0 : 1);
      if (disks > VmConfig.MAX_DISKS || saved.writesDisks()) {
        throw new UserError("its disks are not possible");
      }
      if (saved.swapDisk != 0) {
        var _ = SwapDisk.checked(saved.swapDisk);
      }
      return saved;
    } catch (UserError e) {
      throw new UserError(
          "The saved guest %s is damaged: its description is wrong, %s."
              .formatted(file.path(), String.valueOf(e.getMessage()).replaceFirst("\\.$", "")),
          e);
    }
  }

  private boolean writesDisks() {
    return disks.stream().anyMatch(disk -> disk.access() == DiskChoice.Access.READ_WRITE);
  }

  /** The guest to be, whose disks are as they were. A {@link UserError} if something is not. */
  VmEntry entry(String newName, PagingChoice newPaging) {
    ControlFolder.checkName(newName);
    List<DiskChoice> choices = new ArrayList<>();
    disks.forEach(disk -> choices.add(disk.choice()));
    Limits limits = new Limits(min, max, shares).check(newName, memory);
    return new VmEntry(
        newName,
        path(kernel),
        path(initrd),
        memory,
        limits.min(),
        limits.max(),
        limits.shares(),
        group,
        newPaging,
        cpus,
        choices,
        swapDisk,
        append,
        exec.isEmpty() ? null : exec,
        false,
        balloon,
        proxy(),
        diskNanos,
        null);
  }

  private @Nullable ProxyChoice proxy() {
    return proxyOwn.isEmpty() ? null : new ProxyChoice(proxyOwn, proxyAdapts, proxyChecks);
  }

  private static @Nullable Path path(String text) {
    try {
      return text.isEmpty() ? null : Path.of(text);
    } catch (InvalidPathException e) {
      throw UserError.of("'%s' is not a file name: %s.", text, e.getReason());
    }
  }
}
