package org.eqprop.cli;

/** Decides when to report a wait and when to give up. All times are in seconds. */
final class WaitTimer {
  private static final long FIRST = 20;
  private static final long REPEAT = 30;
  private static final long NEVER = -1;

  private final long limit;
  private long since = NEVER;
  private long next;

  /** The action to take now. */
  enum Step {
    NOTHING,
    SPEAK,
    GIVE_UP
  }

  /**
   * @param limit how long to wait, ≥ 1
   */
  WaitTimer(long limit) {
    this.limit = limit;
  }

  /**
   * Returns the action to take now.
   *
   * @param now the time of a monotonic clock
   * @param waiting whether there is something to wait for
   */
  Step step(long now, boolean waiting) {
    if (!waiting) {
      since = NEVER;
      return Step.NOTHING;
    }
    if (since == NEVER) {
      since = now;
      next = now + FIRST;
    }
    if (now - since >= limit) {
      return Step.GIVE_UP;
    }
    if (now < next) {
      return Step.NOTHING;
    }
    next = now + REPEAT;
    return Step.SPEAK;
  }

  /** Returns how long the wait has lasted; 0 if there is none. */
  long waited(long now) {
    return since == NEVER ? 0 : now - since;
  }
}
