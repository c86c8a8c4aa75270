/**
 * The host's half of the conversation with the agent, a shell script in the guest's initramfs
 * (resource {@code dev/quire/image/agent}), over the virtio-console port {@code org.quire.agent.0}.
 *
 * <pre>
 * host   EXEC TOKEN BASE64-OF-COMMAND \n
 * guest  whatever the command prints, untouched, as it comes
 * guest  \n quire-exit TOKEN STATUS \n
 * host   POWEROFF \n
 * </pre>
 *
 * The guest's first line is {@code quire-agent 1}. The token is the host's choice and must be such
 * that no program prints the closing line by chance.
 */
@NullMarked
package dev.quire.agent;

import org.jspecify.annotations.NullMarked;
