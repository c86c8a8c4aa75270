package dev.quire.machine.hart;

/** mcycle and minstret, which both count completed instructions, their shadows, and time. */
final class Counters {
  private static final long CYCLE_INHIBIT = 1;
  private static final long INSTRET_INHIBIT = 4;

  final Counter mcycle;
  final Counter minstret;
  final CsrRegister mcountinhibit;

  /** The user-level, read-only views. */
  final CsrRegister cycle;

  final CsrRegister instret;
  final CsrRegister time;

  Counters(HartState state, CsrRegister htimedelta) {
    mcycle = new Counter(state);
    minstret = new Counter(state);
    mcountinhibit =
        new CsrRegister(CYCLE_INHIBIT | INSTRET_INHIBIT) {
          @Override
          void write(long written) {
            super.write(written);
            mcycle.inhibit((written & CYCLE_INHIBIT) != 0);
            minstret.inhibit((written & INSTRET_INHIBIT) != 0);
          }
        };
    cycle = view(mcycle);
    instret = view(minstret);
    time =
        new CsrRegister(0) {
          @Override
          long read() {
            long now = state.timebase.time();
            return state.translation.virtual ? now + htimedelta.value : now;
          }
        };
  }

  private static CsrRegister view(CsrRegister counter) {
    return new CsrRegister(0) {
      @Override
      long read() {
        return counter.read();
      }
    };
  }

  /** Counts by an offset from {@link HartState#completed}. */
  static final class Counter extends CsrRegister {
    private final HartState state;
    private boolean inhibited;

    Counter(HartState state) {
      super(-1L);
      this.state = state;
    }

    @Override
    long read() {
      return inhibited ? value : state.completed + value;
    }

    /** The next instruction reads what this one writes, so this one is not counted. */
    @Override
    void write(long written) {
      value = inhibited ? written : written - (state.completed + 1);
    }

    @Override
    void poke(long written) {
      value = inhibited ? written : written - state.completed;
    }

    void inhibit(boolean on) {
      if (on != inhibited) {
        value = on ? value + state.completed : value - state.completed;
        inhibited = on;
      }
    }
  }
}
