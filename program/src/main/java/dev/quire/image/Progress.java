package dev.quire.image;

/** Receives the progress of one transfer at a time. Called from the thread that pulls. */
public interface Progress {
  /** A transfer of {@code totalBytes} begins, {@code doneBytes} of which are already here. */
  void start(String what, long doneBytes, long totalBytes);

  /** So many more bytes have arrived. */
  void advance(long bytes);

  /** The transfer is over, completed or not. */
  void end();

  /** One line that is not about a transfer's bytes. */
  void note(String line);

  /** Says nothing. */
  Progress SILENT =
      new Progress() {
        @Override
        public void start(String what, long doneBytes, long totalBytes) {}

        @Override
        public void advance(long bytes) {}

        @Override
        public void end() {}

        @Override
        public void note(String line) {}
      };
}
