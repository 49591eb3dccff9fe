package org.eqprop.network;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.eqprop.base.RandomStream;
import org.eqprop.data.InputCenter;
import org.jspecify.annotations.Nullable;

/**
 * The weights W_k and biases b_k of a network, a readout's at the end, in one float32 array in the
 * order of {@link ParameterLayout}. In this form they are sent between the driver and its replicas,
 * and stored; serialized they are little more than that array. This class also holds anything else
 * with one value per parameter: gradients, velocities, the means of an updater.
 *
 * <p>Only the names, shapes and positions of the network's parameters matter here: weights that a
 * file declares as 784-500-10 fit every network with such links, whatever its ranges and cost.
 */
public final class Weights implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Network network;
  private final float[] values;

  /**
   * @param values in the order of {@link ParameterLayout}; not copied
   * @throws IllegalArgumentException if there are more or fewer values than the network has
   *     parameters
   */
  public Weights(Network network, float[] values) {
    if (values.length != network.parameterCount()) {
      throw new IllegalArgumentException(
          values.length
              + " values for a network "
              + network
              + " of "
              + network.parameterCount()
              + " parameters");
    }
    this.network = network;
    this.values = values;
  }

  /** Returns weights and biases that are all zero. */
  public static Weights zeros(Network network) {
    return new Weights(network, new float[network.parameterCount()]);
  }

  /**
   * Returns weights joined from tensors.
   *
   * @param tensor returns the values of each tensor, row-major; they are copied
   */
  public static Weights joined(Network network, Function<ParameterLayout.Tensor, float[]> tensor) {
    Weights joined = zeros(network);
    for (ParameterLayout.Tensor place : joined.layout().tensors()) {
      System.arraycopy(tensor.apply(place), 0, joined.values, place.from(), place.size());
    }
    return joined;
  }

  /**
   * Draws initial weights: W_k is uniform in ± its layer's gain times its link's bound, which is
   * √(6/(n_{k−1}+n_k)) for a dense link (Glorot &amp; Bengio 2010, eq. 16); biases are zero.
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   */
  public static Weights glorotUniform(Network network, long seed) {
    Weights drawn = zeros(network);
    for (int k = 1; k <= network.weightLayers(); k++) {
      SplittableRandom random = RandomStream.WEIGHTS.of(seed, k);
      double bound = initialBound(network, k);
      ParameterLayout.Tensor weight = drawn.layout().weight(k);
      for (int i = weight.from(); i < weight.to(); i++) {
        drawn.values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
    }
    return drawn;
  }

  /**
   * Returns the largest magnitude that an initial weight of W_k can have.
   *
   * @param k from 1
   */
  public static double initialBound(Network network, int k) {
    double gain = k > network.depth() ? 1 : network.layer(k).gain();
    return gain * network.link(k).initialBound();
  }

  /**
   * Draws initial weights like {@link #glorotUniform}, for a first layer that learns from x − m:
   * b_1 = −A_1(m), so that A_1(x) + b_1 = A_1(x − m).
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @param center m
   */
  public static Weights initial(Network network, long seed, InputCenter center) {
    return glorotUniform(network, seed).minusCenter(center);
  }

  /**
   * Returns these weights with A_1(m) subtracted from b_1: the network then treats x as it treated
   * x − m before.
   *
   * @param center m
   * @return a copy, or this object if there is no center
   */
  public Weights minusCenter(InputCenter center) {
    return center.isNone() ? this : withCenter(center, -1);
  }

  /**
   * Returns these weights with A_1(m) added to b_1: the inverse of {@link #minusCenter}.
   *
   * @param center m
   * @return a copy, or this object if there is no center
   */
  public Weights plusCenter(InputCenter center) {
    return center.isNone() ? this : withCenter(center, 1);
  }

  private Weights withCenter(InputCenter center, int sign) {
    if (network.link(1).biases() != network.size(1)) {
      throw new IllegalArgumentException(
          "an input center needs a link with one bias per unit: found " + network.link(1));
    }
    double[] sum = new double[network.size(1)];
    double[] m = doubles(center.values());
    network.link(1).up(doubles(weight(1)), m, m, sum);
    Weights moved = copy();
    int bias = layout().bias(1).from();
    for (int j = 0; j < sum.length; j++) {
      moved.values[bias + j] += sign * (float) sum[j];
    }
    return moved;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** Returns a network that these parameters fit. */
  public Network network() {
    return network;
  }

  /** Returns the position of each tensor in {@link #values}. */
  public ParameterLayout layout() {
    return ParameterLayout.of(network);
  }

  /** Returns the array of all values: live, not a copy. */
  public float[] values() {
    return values;
  }

  /** Returns W_k, row-major: a copy. */
  public float[] weight(int k) {
    return tensor(layout().weight(k));
  }

  /** Returns b_k [n_k], or [channels]: a copy. */
  public float[] bias(int k) {
    return tensor(layout().bias(k));
  }

  /**
   * Returns a tensor, row-major: a copy.
   *
   * @param place a tensor of this {@link #layout}
   */
  public float[] tensor(ParameterLayout.Tensor place) {
    return Arrays.copyOfRange(values, place.from(), place.to());
  }

  /** Returns a deep copy. */
  public Weights copy() {
    return new Weights(network, values.clone());
  }

  /** Returns whether every value is finite. */
  public boolean isFinite() {
    float probe = 0;
    for (float value : values) {
      probe += value * 0;
    }
    return probe == 0;
  }

  /**
   * Checks that these weights fit a network.
   *
   * @throws IllegalArgumentException if its parameters have other names, shapes or positions
   */
  public void requireFor(Network other) {
    if (!isFor(other)) {
      throw new IllegalArgumentException("weights of " + network + " for a network of " + other);
    }
  }

  /**
   * Returns whether these weights fit a network: its parameters have the same names, shapes and
   * positions.
   */
  public boolean isFor(Network other) {
    return network.equals(other) || network.hasParametersOf(other);
  }

  /** Returns whether other weights have the same values at the same positions. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Weights that
        && Arrays.equals(values, that.values)
        && isFor(that.network);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "weights of " + network;
  }
}
