package dev.quire.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.virtio.TestDriver.Buffer;
import org.junit.jupiter.api.Test;

class VirtioEntropyTest {
  private static byte[] draw(RandomSource source) {
    TestDriver driver = new TestDriver(new VirtioEntropy(source));
    driver.start(TestDriver.ALL);
    driver.send(0, Buffer.in(64));
    var used = driver.collect(0).getFirst();
    assertThat(used.length()).isEqualTo(64);
    assertThat(driver.wire.level).isTrue();
    return used.in().getFirst();
  }

  @Test
  void seededBytesRepeat() {
    assertThat(draw(RandomSource.seeded(1))).isEqualTo(draw(RandomSource.seeded(1)));
    assertThat(draw(RandomSource.seeded(1))).isNotEqualTo(draw(RandomSource.seeded(2)));
    assertThat(draw(RandomSource.host())).isNotEqualTo(draw(RandomSource.host()));
  }

  @Test
  void hugeBuffersAreFilledInPart() {
    TestDriver driver = new TestDriver(new VirtioEntropy(RandomSource.seeded(3)));
    driver.start(0);
    driver.send(0, Buffer.in(100_000));
    assertThat(driver.collect(0).getFirst().length()).isEqualTo(4096);
  }
}
