package org.eqprop.learning;

import java.io.Serializable;
import java.util.List;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/**
 * The values that an {@link Updater} keeps from one update to the next. It travels with the
 * weights: to the replicas and back, into averages and checkpoints.
 *
 * <p>The number of updates t is part of the state, so it means the same after a round, in a task
 * that Spark retries, and in a resumed run: it counts the updates since the state was zero. A
 * replica continues from the t at the start of the round. The average of several states has the
 * largest t among them, since replicas of unequal partitions differ by an update or so per epoch.
 */
public final class UpdaterState implements Serializable {
  private static final long serialVersionUID = 1L;

  /** All values are zero and no update was made; also the state of a rule that keeps no values. */
  public static final UpdaterState ZERO = new UpdaterState(List.of(), 0);

  private final List<Weights> values;
  private final long updates;

  /**
   * @param values {@link Updater#stateSize} sets of values for one network; empty if all are zero;
   *     not copied
   * @param updates t, the number of updates so far, ≥ 0
   */
  public UpdaterState(List<Weights> values, long updates) {
    this.values = List.copyOf(values);
    this.updates = updates;
  }

  /** Returns the values; empty if all are zero; not to be modified. */
  public List<Weights> values() {
    return values;
  }

  /** Returns whether all values are zero, or the rule keeps no values. */
  public boolean isZero() {
    return values.isEmpty();
  }

  /** Returns t, the number of updates so far. */
  public long updates() {
    return updates;
  }

  /**
   * Checks that this state fits an update rule and a network, or is zero.
   *
   * @param arrays {@link Updater#stateSize} of the rule
   * @throws IllegalArgumentException if it does not fit
   */
  public void requireFor(int arrays, Network network) {
    boolean fits = values.size() == arrays && values.stream().allMatch(w -> w.isFor(network));
    if (!values.isEmpty() && !fits) {
      throw new IllegalArgumentException(
          "updater state " + values + ": expected " + arrays + " sets of weights of " + network);
    }
  }
}
