package dev.quire.machine.device;

/** What a device may ask of the board. Called on a hart's thread, between two instructions. */
public interface PowerSwitch {
  /** Ends the run; 0 means success. */
  void powerOff(int exitStatus);

  /** Restarts the computer from its reset state. */
  void reset();
}
