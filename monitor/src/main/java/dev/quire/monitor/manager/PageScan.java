package dev.quire.monitor.manager;

import dev.quire.machine.board.MachineClock;
import dev.quire.monitor.Machine;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.sharing.ScanCounters;
import dev.quire.monitor.sharing.ScanPace;
import dev.quire.monitor.sharing.Scanner;
import dev.quire.monitor.sharing.Sharing;

/** Has the VMs' pages looked at for equal ones, as time goes on: little, and often. */
final class PageScan {
  private static final long STEP_NANOS = 10_000_000;

  /** Pages of a batch: a VM stands still no longer than it takes to merge so many. */
  private static final int BATCH = 256;

  private final MachineClock clock;
  private final Sharing sharing;
  private final Scanner scanner;

  PageScan(Machine machine, MachineClock clock, Sharing sharing) {
    this.clock = clock;
    this.sharing = sharing;
    this.scanner = new Scanner(sharing, machine.memory(), machine.frames());
  }

  void begin() {
    if (sharing.isOn()) {
      step(new ScanPace(sharing.pace(), clock.now(), System::nanoTime));
    }
  }

  private void step(ScanPace pace) {
    if (scanner.pages() > 0) {
      pace.advance(clock.now(), BATCH, scanner::scan);
    }
    clock.schedule(STEP_NANOS, () -> step(pace));
  }

  void add(VirtualMachine vm) {
    scanner.add(vm.memory(), vm.clock()::whileStopped);
  }

  void remove(VirtualMachine vm) {
    scanner.remove(vm.memory());
  }

  ScanCounters counters() {
    return scanner.counters();
  }
}
