package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WriteLimitTest {
  private static final long MILLIS = 200;

  @Test
  void whoDoesNotReadIsCutOff() throws IOException, InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (WriteLimit limit = new WriteLimit(MILLIS);
        ServerSocketChannel server =
            ServerSocketChannel.open().bind(new InetSocketAddress(loopback, 0));
        SocketChannel reader = SocketChannel.open(server.getLocalAddress());
        SocketChannel writer = server.accept()) {
      Thread thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (true) {
                        limit.write(() -> writer.write(ByteBuffer.allocate(1 << 16)));
                      }
                    } catch (IOException e) {
                      thrown.set(e);
                    }
                  });
      thread.join();
      assertThat(thrown.get()).isInstanceOf(IOException.class);
      assertThat(writer.isOpen()).isFalse();
      assertThat(reader.isOpen()).isTrue();
    }
  }

  @Test
  void whoReadsInTimeIsNot() throws IOException, InterruptedException {
    try (WriteLimit limit = new WriteLimit(MILLIS)) {
      limit.write(() -> {});
      Thread.sleep(2 * MILLIS);
      assertThat(Thread.interrupted()).isFalse();
    }
  }
}
