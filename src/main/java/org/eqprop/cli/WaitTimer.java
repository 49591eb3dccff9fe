package org.eqprop.cli;

/** When to speak of something that is waited for, and when to give up. Seconds throughout. */
final class WaitTimer {
  private static final long FIRST = 20;
  private static final long REPEAT = 30;
  private static final long NEVER = -1;

  private final long limit;
  private long since = NEVER;
  private long next;

  /** What to do now. */
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
   * Returns what to do now.
   *
   * @param now on a clock that never goes back
   * @param waiting whether something is waited for
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

  /** Returns for how long something has been waited for. */
  long waited(long now) {
    return since == NEVER ? 0 : now - since;
  }
}
