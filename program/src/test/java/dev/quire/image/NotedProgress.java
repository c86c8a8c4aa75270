package dev.quire.image;

import java.util.List;

/** Keeps the notes. */
record NotedProgress(List<String> notes) implements Progress {
  @Override
  public void start(String what, long doneBytes, long totalBytes) {}

  @Override
  public void advance(long bytes) {}

  @Override
  public void end() {}

  @Override
  public void note(String line) {
    notes.add(line);
  }
}
