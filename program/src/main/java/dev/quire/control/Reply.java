package dev.quire.control;

/** What comes of a command: all at once, or in parts. */
public sealed interface Reply permits Answer, Streamed {}
