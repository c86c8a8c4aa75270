package dev.quire.host.trial;

import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a host under one policy.
 *
 * @param guests in the order of the host
 */
public record Outcome(String policy, List<Guest> guests) {
  /**
   * One guest, since its start.
   *
   * @param commands what its commands have done
   * @param reads of pages from disks; without proxy memory all of them from the disks themselves
   * @param hits that its cache or another page of its own had
   * @param diskReads that the disk had to give
   * @param swappedIn bytes from the monitor's swap file
   * @param swappedOut bytes to it
   * @param moved bytes that memory management took, by balloon, by swap, or from its cache
   */
  record Guest(
      String name,
      TrialCommand commands,
      long reads,
      long hits,
      long diskReads,
      long swappedIn,
      long swappedOut,
      long moved) {
    /** As it is now, but for its commands. */
    static Guest of(String name, ManagedVm vm, PageTraffic traffic) {
      ProxyMemory proxy = vm.vm().proxy();
      ProxyCounters seen = proxy == null ? null : proxy.counters();
      long read = vm.vm().diskPagesRead();
      long taken = traffic.balloonFreed() + traffic.swappedOut() + traffic.zeroDropped();
      return new Guest(
          name,
          TrialCommand.NONE,
          seen == null ? read : seen.reads(),
          seen == null ? 0 : seen.hits() + seen.inPlace(),
          seen == null ? read : seen.diskReads(),
          traffic.swappedIn() * Policy.PAGE,
          traffic.swappedOut() * Policy.PAGE,
          (taken + vm.dropped()) * Policy.PAGE);
    }

    Guest with(TrialCommand told) {
      return new Guest(name, told, reads, hits, diskReads, swappedIn, swappedOut, moved);
    }

    private Guest plus(Guest other) {
      return new Guest(
          name,
          commands.plus(other.commands),
          reads + other.reads,
          hits + other.hits,
          diskReads + other.diskReads,
          swappedIn + other.swappedIn,
          swappedOut + other.swappedOut,
          moved + other.moved);
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", name);
      json.put("work", commands.work());
      json.put("commands", commands.begun());
      json.put("ended", commands.ended());
      json.put("failed", commands.failed());
      json.put("reads", reads);
      json.put("hits", hits);
      json.put("diskReads", diskReads);
      json.put("swappedIn", swappedIn);
      json.put("swappedOut", swappedOut);
      json.put("moved", moved);
      return json;
    }
  }

  public Outcome {
    guests = List.copyOf(guests);
  }

  /** All guests together. */
  Guest all() {
    Guest none = new Guest("all", TrialCommand.NONE, 0, 0, 0, 0, 0, 0);
    return guests.stream().reduce(none, Guest::plus);
  }

  /** For programs. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("policy", policy);
    json.put("guests", guests.stream().map(Guest::json).toList());
    Map<String, Object> all = all().json();
    all.remove("name");
    json.put("all", all);
    return json;
  }
}
