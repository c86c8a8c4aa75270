/**
 * The command line: {@link dev.quire.cli.Main} is {@code quire}, each other class one sub-command.
 * Options become values here, and mistakes in them one sentence and exit status 2.
 */
@NullMarked
package dev.quire.cli;

import org.jspecify.annotations.NullMarked;
