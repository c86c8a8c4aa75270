@org.jspecify.annotations.NullMarked
package dev.quire.cli;
