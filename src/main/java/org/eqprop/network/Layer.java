package org.eqprop.network;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Shape;

/**
 * A layer that relaxes.
 *
 * @param shape channels × height × width, from 1 to 1,000,000 units in all; 1 × 1 × n_k for a dense
 *     layer
 * @param range the interval that its states stay in
 * @param gain factor of the initial weights of the link below it, in (0, 100]; used only if
 *     training starts from new weights
 */
public record Layer(Shape shape, Range range, double gain) implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * @throws InvalidValueException if the gain is out of its range
   */
  public Layer {
    InvalidValueException.check(
        gain > 0 && gain <= 100, "network.layers", "gain = " + gain, "a gain in (0, 100]");
  }

  /** Creates a layer of n units. */
  public Layer(int n, Range range, double gain) {
    this(vector(n), range, gain);
  }

  private static Shape vector(int n) {
    InvalidValueException.check(
        n >= 1 && n <= Network.MAX_UNITS,
        "network.layers",
        "units = " + n,
        "from 1 to " + Network.MAX_UNITS + " units");
    return Shape.vector(n);
  }

  /** Creates a layer of n units with states in [0, 1] and gain 1. */
  public Layer(int n) {
    this(n, Range.HARD_SIGMOID, 1);
  }

  /** Returns n_k. */
  public int size() {
    return shape.size();
  }
}
