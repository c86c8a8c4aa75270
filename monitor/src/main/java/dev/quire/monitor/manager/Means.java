package dev.quire.monitor.manager;

/**
 * By what memory may be taken from VMs.
 *
 * @param balloon by their balloons
 * @param swap by the monitor, to the swap file
 */
public record Means(boolean balloon, boolean swap) {}
