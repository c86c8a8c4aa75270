package dev.quire.analyze;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.trace.LruFilter;
import dev.quire.monitor.trace.TraceHeader;
import dev.quire.monitor.trace.TraceWriter;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Traces of a guest that uses a quarter of its frames, now these and now those. */
public final class Traces {
  public static final int FRAMES = 8000;
  private static final int REFERENCES = 400_000;
  private static final long STEP = 5_000;

  private Traces() {}

  /** What a filter of {@code k} frames leaves of it, in 2 s of the guest's time. */
  public static Path write(Path file, int k) {
    TraceHeader header = new TraceHeader("web", "instructions", "nested", FRAMES, 0x80000, k);
    SplittableRandom random = new SplittableRandom(6);
    try (TraceWriter writer = new TraceWriter(file, header, Traces::fail)) {
      LruFilter filter = new LruFilter(FRAMES, k, writer);
      for (int i = 0; i < REFERENCES; i++) {
        int part = i * 2 / REFERENCES;
        int frame = part * FRAMES / 2 + random.nextInt(FRAMES / 4);
        frame = random.nextInt(3) > 0 ? part * FRAMES / 2 + (frame % 300) : frame;
        filter.miss(i * STEP, frame, frame);
      }
      writer.end(REFERENCES, REFERENCES * STEP);
    }
    return file;
  }

  private static void fail(UserError sentence) {
    throw new AssertionError(sentence);
  }
}
