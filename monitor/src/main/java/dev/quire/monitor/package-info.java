@org.jspecify.annotations.NullMarked
package dev.quire.monitor;
