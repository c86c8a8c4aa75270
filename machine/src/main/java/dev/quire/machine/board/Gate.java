package dev.quire.machine.board;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What stops a computer's processors under the host clock: each enters before a slice and leaves
 * after it, and does not enter while somebody keeps the gate shut.
 */
final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Thread> inside = new HashSet<>();

  /** How many keep it shut. */
  private int shut;

  private boolean abandoned;

  /** Goes in, unless the gate is shut. */
  boolean enter() {
    lock.lock();
    try {
      return shut == 0 && inside.add(Thread.currentThread());
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      inside.remove(Thread.currentThread());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the gate is open, or {@link #abandon} was called. */
  void awaitOpen() {
    lock.lock();
    try {
      while (shut > 0 && !abandoned) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody in until {@link #open}; {@link #awaitEmpty} waits for those who are inside. */
  void shut() {
    lock.lock();
    try {
      if (inside.contains(Thread.currentThread())) {
        throw new IllegalStateException("a processor cannot wait for itself to stop");
      }
      shut++;
    } finally {
      lock.unlock();
    }
  }

  void awaitEmpty() {
    lock.lock();
    try {
      while (!inside.isEmpty()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Undoes one {@link #shut}. */
  void open() {
    lock.lock();
    try {
      shut--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** From now on nobody waits for the gate to open: the run ends. */
  void abandon() {
    lock.lock();
    try {
      abandoned = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
