package dev.quire.host;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/**
 * The description of a host in TOML. Every mistake in it is a {@link UserError}: a sentence with
 * the file, the line, and what is allowed.
 */
public final class HostFile {
  private static final int MAX_BYTES = 1 << 20;
  private static final String MACHINE = "machine";
  private static final String MANAGER = "manager";
  private static final String VM = "vm";
  private static final String EVENT = "event";

  private final Section.Source source;
  private final TomlTable top;

  private HostFile(Section.Source source, TomlTable top) {
    this.source = source;
    this.top = top;
  }

  /** Reads a file; paths in it are relative to its folder. */
  public static HostConfig parse(Path file) {
    return parse(read(file), file.toString(), file.toAbsolutePath().resolveSibling(""));
  }

  /**
   * Reads the text of such a file.
   *
   * @param name of the file, for sentences
   * @param folder that paths in it are relative to
   */
  public static HostConfig parse(String text, String name, Path folder) {
    Section.Source source = new Section.Source(name, folder);
    TomlParseResult result = Toml.parse(text);
    if (result.hasErrors()) {
      TomlParseError error = result.errors().getFirst();
      throw source.mistake(error.position().line(), "%s.", error.getMessage());
    }
    return new HostFile(source, result).config();
  }

  private static String read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw UserError.of("%s is no host file: it has more than 1 MiB.", file);
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw new UserError("There is no host file %s.".formatted(file), e);
    } catch (CharacterCodingException e) {
      throw new UserError("%s is no host file: it is not text in UTF-8.".formatted(file), e);
    } catch (IOException e) {
      throw new UserError(
          "The host file %s cannot be read: %s.".formatted(file, e.getMessage()), e);
    }
  }

  private HostConfig config() {
    for (String key : top.keySet()) {
      if (!List.of(MACHINE, MANAGER, VM, EVENT).contains(key)) {
        throw source.mistake(
            line(key),
            "%s is unknown: a host file has [machine], [manager], [[vm]] and [[event]].",
            Section.shown(key));
      }
    }
    MachineConfig machine = MachineConfig.from(table(MACHINE, MachineConfig.KEYS));
    ManagerConfig manager = ManagerConfig.from(table(MANAGER, ManagerConfig.KEYS));
    Set<String> names = new LinkedHashSet<>();
    List<VmEntry> vms = vms(names);
    List<EventEntry> events =
        tables(EVENT, EventEntry.KEYS).stream()
            .map(section -> EventEntry.from(section, names))
            .toList();
    return new HostConfig(machine, manager, vms, events);
  }

  private List<VmEntry> vms(Set<String> names) {
    List<VmEntry> vms = new ArrayList<>();
    for (Section section : tables(VM, VmEntry.KEYS)) {
      VmEntry vm = VmEntry.from(section);
      if (!names.add(vm.name())) {
        throw section.mistake(
            "name", "there is a guest '%s' above already: names must differ.", vm.name());
      }
      vms.add(vm);
    }
    if (vms.isEmpty()) {
      throw source.mistake(
          1, "there is no guest: write [[vm]], and below it name = \"web\", memory = \"256M\".");
    }
    return vms;
  }

  private int line(String key) {
    return top.inputPositionOf(List.of(key)).line();
  }

  /** The table {@code [key]}; an empty one if the file does not have it. */
  private Section table(String key, List<String> keys) {
    String header = "[" + key + "]";
    Object value = top.get(List.of(key));
    if (value == null) {
      return new Section(source, header, Toml.parse(""), 1, keys);
    }
    if (value instanceof TomlTable table) {
      return new Section(source, header, table, line(key), keys);
    }
    throw source.mistake(line(key), "%s must be a table: write %s.", key, header);
  }

  /** The tables {@code [[key]]}. */
  private List<Section> tables(String key, List<String> keys) {
    Object value = top.get(List.of(key));
    List<Section> sections = new ArrayList<>();
    if (value == null) {
      return sections;
    }
    UserError wrong =
        source.mistake(
            line(key), "%s must be tables: write [[%s]] above each, in two brackets.", key, key);
    if (!(value instanceof TomlArray array)) {
      throw wrong;
    }
    for (int i = 0; i < array.size(); i++) {
      if (!(array.get(i) instanceof TomlTable table)) {
        throw wrong;
      }
      int line = array.inputPositionOf(i).line();
      sections.add(new Section(source, "[[" + key + "]]", table, line, keys));
    }
    return sections;
  }
}
