package dev.quire.control;

/**
 * What a command has to say.
 *
 * @param text for reading: whole lines
 * @param value the same for programs, as {@link dev.quire.run.Json} writes it
 */
public record Answer(String text, Object value) implements Reply {}
