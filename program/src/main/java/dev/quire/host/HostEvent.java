package dev.quire.host;

/**
 * Something that happened on the host.
 *
 * @param number counts from 1
 * @param nanos of machine time
 * @param vm the guest's name; empty if it concerns the machine
 * @param kind one word: guest, state, move, balloon, hold, swap
 * @param text a sentence for people
 */
public record HostEvent(long number, long nanos, String vm, String kind, String text) {}
