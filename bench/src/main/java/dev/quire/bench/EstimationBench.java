package dev.quire.bench;

import picocli.CommandLine.Command;

/** How good estimates of the memory in use are, and what they cost. */
@Command(
    name = "estimation",
    mixinStandardHelpOptions = true,
    description = "Judges the estimates of how much memory a guest uses, as in docs/estimation.md.",
    subcommands = {CoverageBench.class, StepsBench.class, SamplingCostBench.class})
final class EstimationBench {}
