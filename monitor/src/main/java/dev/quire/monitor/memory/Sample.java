package dev.quire.monitor.memory;

/**
 * What a sample of a VM's pages has come to so far (Waldspurger, OSDI 2002, section 5.3).
 *
 * @param population pages that the sample stands for: all but those that are ballooned now
 * @param sampled pages that were chosen, less those that the balloon has taken since
 * @param touched how many of these the guest, or a device for it, has used since
 */
public record Sample(int population, int sampled, int touched) {}
