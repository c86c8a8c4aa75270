package dev.quire.bench;

import picocli.CommandLine.Command;

/** What proxy memory is worth, how good its curves are, and what it costs. */
@Command(
    name = "proxy",
    mixinStandardHelpOptions = true,
    description = "Judges proxy memory, as in docs/estimation.md.",
    subcommands = {ProxyReadsBench.class, ProxyCurveBench.class, ProxyCostBench.class})
final class ProxyBench {}
