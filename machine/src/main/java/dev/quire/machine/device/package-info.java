/** Device models: ACLINT, PLIC, 16550, virtio-mmio, test finisher, HTIF. */
@NullMarked
package dev.quire.machine.device;

import org.jspecify.annotations.NullMarked;
