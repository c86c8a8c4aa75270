package dev.quire.monitor.policy;

/**
 * What a policy decided for one VM.
 *
 * @param vm the VM's name
 * @param bytes of machine memory that it may hold, a multiple of 4 KiB
 * @param reason the formula with this VM's numbers put in, for people: one line or several
 * @param brief the same as one clause that goes into a sentence, such as "82 % idle, so each idle
 *     page costs 4"
 */
public record Target(String vm, long bytes, String reason, String brief) {}
