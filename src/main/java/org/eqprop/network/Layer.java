package org.eqprop.network;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;

/**
 * A layer that relaxes.
 *
 * @param size n_k, how many units, from 1 to 1,000,000
 * @param range what interval its states stay in
 * @param gain factor on the initial weights of the link below it, in (0, 100]; only where training
 *     starts from new weights
 */
public record Layer(int size, Range range, double gain) implements Serializable {
  /**
   * @throws InvalidValueException if the gain is out of its range
   */
  public Layer {
    InvalidValueException.check(
        gain > 0 && gain <= 100, "network.layers", "gain = " + gain, "a gain in (0, 100]");
  }

  /** Creates a layer of states in [0, 1], of gain 1. */
  public Layer(int size) {
    this(size, Range.HARD_SIGMOID, 1);
  }
}
