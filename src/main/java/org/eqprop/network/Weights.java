package org.eqprop.network;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.eqprop.base.RandomStream;
import org.eqprop.data.InputCenter;
import org.jspecify.annotations.Nullable;

/**
 * The weights W_k and biases b_k of a network, a readout's at the end, in one float32 array that is
 * ordered as {@link ParameterLayout} says. This is how they travel between the driver and its
 * replicas, and how they are stored; serialized they are little more than that array. Whatever has
 * a value for each parameter has this class too: gradients, velocities, the means of an updater.
 *
 * <p>Of the network only the parameters' names, shapes and places count here: weights that a file
 * tells to be of 784-500-10 are those of every network with such links, whatever its ranges and
 * cost.
 */
public final class Weights implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Network network;
  private final float[] values;

  /**
   * @param values as {@link ParameterLayout} says; not copied
   * @throws IllegalArgumentException if there are more or fewer than the network has parameters
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
   * Joins tensors.
   *
   * @param tensor gives the values of each, row-major; they are copied
   */
  public static Weights joined(Network network, Function<ParameterLayout.Tensor, float[]> tensor) {
    Weights joined = zeros(network);
    for (ParameterLayout.Tensor place : joined.layout().tensors()) {
      System.arraycopy(tensor.apply(place), 0, joined.values, place.from(), place.size());
    }
    return joined;
  }

  /**
   * Draws initial weights: W_k uniform on ± its layer's gain times its link's bound, for a dense
   * link √(6/(n_{k−1}+n_k)) (Glorot &amp; Bengio 2010, eq. 16); biases zero.
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
   * Returns the size that no initial weight of W_k exceeds.
   *
   * @param k from 1
   */
  public static double initialBound(Network network, int k) {
    double gain = k > network.depth() ? 1 : network.layer(k).gain();
    return gain * network.link(k).initialBound();
  }

  /**
   * Draws initial weights as {@link #glorotUniform} does, for a first layer that learns from x − m:
   * b_1 = −A_1(m), so that A_1(x) + b_1 = A_1(x − m).
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @param center m
   */
  public static Weights initial(Network network, long seed, InputCenter center) {
    return glorotUniform(network, seed).minusCenter(center);
  }

  /**
   * Returns these with A_1(m) subtracted from b_1: the network does with x what it did with x − m.
   *
   * @param center m
   * @return a copy; these themselves if there is no center
   */
  public Weights minusCenter(InputCenter center) {
    return center.isNone() ? this : withCenter(center, -1);
  }

  /**
   * Returns these with A_1(m) added to b_1: the inverse of {@link #minusCenter}.
   *
   * @param center m
   * @return a copy; these themselves if there is no center
   */
  public Weights plusCenter(InputCenter center) {
    return center.isNone() ? this : withCenter(center, 1);
  }

  private Weights withCenter(InputCenter center, int sign) {
    if (network.link(1).biases() != network.size(1)) {
      throw new IllegalArgumentException("an input center below " + network.link(1));
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

  /** Returns a network whose parameters these are. */
  public Network network() {
    return network;
  }

  /** Returns where each tensor lies in {@link #values}. */
  public ParameterLayout layout() {
    return ParameterLayout.of(network);
  }

  /** Returns the one array that holds all of them: live, not a copy. */
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
   * @param place of this {@link #layout}
   */
  public float[] tensor(ParameterLayout.Tensor place) {
    return Arrays.copyOfRange(values, place.from(), place.to());
  }

  /** Returns a copy, whose array is its own. */
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
   * Checks that a network can take them over.
   *
   * @throws IllegalArgumentException if its parameters have other names, shapes or places
   */
  public void requireFor(Network other) {
    if (!isFor(other)) {
      throw new IllegalArgumentException("weights of " + network + " for a network of " + other);
    }
  }

  /** Returns whether a network's parameters have the same names, shapes and places. */
  public boolean isFor(Network other) {
    return network.equals(other) || network.hasParametersOf(other);
  }

  /** Returns whether others have the same values in the same places. */
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
