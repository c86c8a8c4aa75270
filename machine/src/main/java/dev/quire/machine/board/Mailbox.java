package dev.quire.machine.board;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Actions that any thread has for the one that runs a loop. */
final class Mailbox {
  private final LinkedBlockingQueue<Runnable> posted = new LinkedBlockingQueue<>();
  private final Runnable notice;

  /** The loop's thread, while there is one; guarded by this for all other threads. */
  private volatile @Nullable Thread owner;

  /** {@code notice} runs on the poster's thread after each post. */
  Mailbox(Runnable notice) {
    this.notice = notice;
  }

  /** The current thread will take what is posted, until {@link #close}. */
  synchronized void open() {
    owner = Thread.currentThread();
  }

  /** Also runs what is left: others may wait for it. */
  void close() {
    synchronized (this) {
      owner = null;
    }
    runAll();
  }

  boolean isOwner() {
    return Thread.currentThread().equals(owner);
  }

  void post(Runnable action) {
    posted.add(action);
    notice.run();
  }

  /** Runs {@code action} on the owner's thread, at once if this is it, and waits for it. */
  void call(Runnable action) {
    if (isOwner()) {
      action.run();
      return;
    }
    FutureTask<Void> task = new FutureTask<>(action, null);
    synchronized (this) {
      if (owner == null) {
        task.run(); // nobody would take it; and nobody starts meanwhile
      } else {
        post(task);
      }
    }
    await(task);
  }

  /** Not to be interrupted: on return the action has ended. */
  private static void await(FutureTask<Void> task) {
    try {
      task.get();
    } catch (InterruptedException e) {
      await(task);
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      Thrown.again(e.getCause());
    }
  }

  boolean isEmpty() {
    return posted.isEmpty();
  }

  void runAll() {
    for (Runnable action = posted.poll(); action != null; action = posted.poll()) {
      action.run();
    }
  }

  /** Waits for an action and runs it; gives up after {@code nanos}, unless that is the maximum. */
  void runNext(long nanos) throws InterruptedException {
    Runnable action =
        nanos == Long.MAX_VALUE ? posted.take() : posted.poll(nanos, TimeUnit.NANOSECONDS);
    if (action != null) {
      action.run();
    }
  }
}
