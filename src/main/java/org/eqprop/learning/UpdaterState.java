package org.eqprop.learning;

import java.io.Serializable;
import java.util.List;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/**
 * What an {@link Updater} keeps from one update to the next. It travels with the weights: to the
 * replicas and back, into averages and checkpoints.
 *
 * <p>t, the number of updates, belongs to the state, and so means the same after a round, in a task
 * that Spark runs again, and in a resumed run: it counts the updates since the state was zero. A
 * replica continues from the t that the round began with. The average of several states has the
 * largest t among them, since replicas of unequal partitions differ by an update or so per epoch.
 */
public final class UpdaterState implements Serializable {
  private static final long serialVersionUID = 1L;

  /** All values zero, and no update made; also the state of a rule that keeps none. */
  public static final UpdaterState ZERO = new UpdaterState(List.of(), 0);

  private final List<Weights> values;
  private final long updates;

  /**
   * @param values {@link Updater#stateSize} of them, of one network; empty if all are zero; not
   *     copied
   * @param updates t, how many updates made them, ≥ 0
   */
  public UpdaterState(List<Weights> values, long updates) {
    this.values = List.copyOf(values);
    this.updates = updates;
  }

  /** Returns the values; empty if all are zero; not to be modified. */
  public List<Weights> values() {
    return values;
  }

  /** Returns whether all values are zero, or the rule keeps none. */
  public boolean isZero() {
    return values.isEmpty();
  }

  /** Returns t, how many updates made them. */
  public long updates() {
    return updates;
  }

  /**
   * Checks that this is a state of a rule and a network, or zero.
   *
   * @param arrays {@link Updater#stateSize} of the rule
   * @throws IllegalArgumentException if not
   */
  public void requireFor(int arrays, Network network) {
    boolean fits = values.size() == arrays && values.stream().allMatch(w -> w.isFor(network));
    if (!values.isEmpty() && !fits) {
      throw new IllegalArgumentException(
          "an updater's state of "
              + values
              + ": expected "
              + arrays
              + " times weights of "
              + network);
    }
  }
}
