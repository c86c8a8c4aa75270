package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/** Opens a file of an archive for reading, over HTTP or from a local directory. */
final class Transport {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * An open file.
   *
   * @param body its bytes, from {@code offset} on
   * @param offset what was asked for, or 0 if the server cannot resume
   */
  record Source(InputStream body, long offset) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  private final HttpClient http;

  Transport(ProxySelector proxies) {
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(PATIENCE)
            .proxy(proxies)
            .build();
  }

  /**
   * Opens the file, from byte {@code offset} on if possible.
   *
   * @throws UserError if the file is not there or the mirror cannot be reached
   * @throws IOException if the transfer broke off in a way that a second attempt may cure
   */
  Source open(URI address, long offset) throws IOException {
    return "file".equals(address.getScheme()) ? openLocal(address, offset) : get(address, offset);
  }

  private static Source openLocal(URI address, long offset) throws IOException {
    Path file = Path.of(address.getPath());
    try {
      InputStream body = Files.newInputStream(file);
      body.skipNBytes(Math.min(offset, Files.size(file)));
      return new Source(body, offset);
    } catch (NoSuchFileException e) {
      throw new UserError("The mirror has no " + file + ".", e);
    } catch (AccessDeniedException e) {
      throw new UserError("The mirror's file " + file + " may not be read by this user.", e);
    }
  }

  private Source get(URI address, long offset) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).timeout(PATIENCE).header("User-Agent", "quire");
    if (offset > 0) {
      request.header("Range", "bytes=" + offset + "-");
    }
    HttpResponse<InputStream> response;
    try {
      response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("The transfer of " + address + " was interrupted.", e);
    } catch (ConnectException | HttpTimeoutException e) {
      throw new UserError(
          "The mirror at "
              + address.getAuthority()
              + " cannot be reached ("
              + reason(e)
              + "); check the network or name another with --mirror.",
          e);
    }
    int status = response.statusCode();
    if (status == 200 || status == 206) {
      return new Source(new StallGuard(response.body(), PATIENCE), status == 206 ? offset : 0);
    }
    response.body().close();
    if (status == 404 || status == 410) {
      throw new UserError("The mirror has no " + address + ".");
    }
    if (status >= 500) {
      throw new IOException("the server answered with HTTP status " + status);
    }
    throw new UserError("The mirror answered with HTTP status " + status + " for " + address + ".");
  }

  private static String reason(IOException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof java.nio.channels.UnresolvedAddressException) {
      return "its host name is not known";
    }
    if (cause instanceof java.nio.channels.ClosedChannelException) {
      return "connection refused";
    }
    String message = cause.getMessage();
    return message == null ? "connection refused" : message;
  }
}
