package dev.quire.image;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Chooses the HTTP proxy: {@code http_proxy}, {@code https_proxy} and {@code no_proxy} of the
 * environment in either case, else {@code Acquire::http::Proxy} of apt's configuration.
 */
final class Proxies extends ProxySelector {
  private static final Pattern APT_PROXY =
      Pattern.compile("(?im)^\\s*Acquire::(https?)::Proxy\\s+\"([^\"]*)\"\\s*;");

  private final Map<String, String> byScheme = new HashMap<>();
  private final List<String> direct;

  Proxies(Map<String, String> environment, Path aptDirectory) {
    direct = List.of(lookUp(environment, "no_proxy").split("[\\s,]+"));
    readAptConfiguration(aptDirectory);
    for (String scheme : List.of("http", "https")) {
      String value = lookUp(environment, scheme + "_proxy");
      if (!value.isEmpty()) {
        byScheme.put(scheme, value);
      }
    }
  }

  private static String lookUp(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name, "");
    return lower.isEmpty()
        ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip()
        : lower.strip();
  }

  private void readAptConfiguration(Path aptDirectory) {
    TreeSet<Path> files = new TreeSet<>();
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(aptDirectory.resolve("apt.conf.d"))) {
      parts.forEach(files::add);
    } catch (IOException e) {
      files.clear();
    }
    files.add(aptDirectory.resolve("apt.conf"));
    for (Path file : files) {
      Matcher matcher = APT_PROXY.matcher(AptSources.readFile(file));
      while (matcher.find()) {
        byScheme.put(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
      }
    }
  }

  @Override
  public List<Proxy> select(URI address) {
    String host = address.getHost();
    String proxy = byScheme.getOrDefault(address.getScheme(), "DIRECT");
    if (host == null || proxy.equalsIgnoreCase("DIRECT") || isDirect(host)) {
      return List.of(Proxy.NO_PROXY);
    }
    try {
      URI parsed = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
      if (parsed.getHost() != null) {
        int port = parsed.getPort() < 0 ? 80 : parsed.getPort();
        return List.of(
            new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(parsed.getHost(), port)));
      }
    } catch (IllegalArgumentException e) {
      return List.of(Proxy.NO_PROXY);
    }
    return List.of(Proxy.NO_PROXY);
  }

  private boolean isDirect(String host) {
    for (String entry : direct) {
      String name = entry.replaceFirst("^\\*?\\.", "");
      if (entry.equals("*")
          || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException failure) {}
}
