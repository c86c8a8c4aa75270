package dev.quire.host.demo;

import java.util.List;

/**
 * Something that begins at a time.
 *
 * @param at in units of the scenario, from the beginning of its round
 * @param sentence what it is, for people
 * @param tasks that begin then
 */
record Step(double at, String sentence, List<Task> tasks) {
  Step {
    tasks = List.copyOf(tasks);
  }
}
