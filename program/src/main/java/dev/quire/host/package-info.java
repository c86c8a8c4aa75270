/**
 * Several guests on one machine, as a file describes them.
 *
 * <pre>
 *   HostFile           reads the file, in TOML, into a HostConfig; a mistake is a sentence with its line
 *     Section          one table of the file: its keys, each with its type and line
 *   HostConfig         what the file says, with all defaults filled in
 *     MachineConfig    [machine]: the memory that there is, who runs at a time, whose time
 *     ManagerConfig    [manager]: how memory moves between guests; SwapConfig: where pages go
 *     VmEntry          [[vm]]: a guest and what it may get
 *     EventEntry       [[event]]: a command in a guest at a time
 *   HostedVm           a guest through all its starts: its virtual machine of the moment, VmState
 *   HostSession        the whole: machine, memory manager, guests; HostEvents: what happened
 *     GuestMaker       makes the guests' virtual machines: such that boot, and copies
 *   GuestCopies        clones and saves guests, and restores them (SavedGuest, CopyCommands)
 *     CloneRehearsal   so that the first clone takes no longer than others
 *   HostReport         where all memory is at one moment: as JSON, and as the tables of ps and top
 *   HostView           shows a running host: TerminalView on a terminal, LinesView elsewhere
 *   HostEnding         ends it by signals and keys, at first in order
 *   HostControl        serves it to clients: HostCommands, GuestCommands (ConsoleStream, ExecStream)
 *   HostedConsole      what a guest prints, for many readers, and what is typed
 *   GuestPrograms      Quire's own programs, for the guests' initramfs
 *   SnapshotWriter     what the policy of a running host saw and decided, as a file of JSON lines
 *   SnapshotLog        such a file, read and checked (RecordReader)
 *     Replay           another policy's decisions for it; ReplayText prints them
 *   trial              one host under several policies, and what came of it
 *   MetricsText        a snapshot and HostCounters as Prometheus reads them
 * </pre>
 *
 * {@code examples/host.toml} is a file with every key in it.
 */
@NullMarked
package dev.quire.host;

import org.jspecify.annotations.NullMarked;
