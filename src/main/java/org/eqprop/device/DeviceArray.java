package org.eqprop.device;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.eqprop.base.Normals;
import org.eqprop.base.RandomStream;
import org.eqprop.data.InputCenter;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;

/**
 * The synapses of a network: the weights θ that they can hold, and how updates and time change
 * them. All random numbers are determined by the seed and a place, so that they are the same on
 * every cluster and in every retry. Biases are passed through unchanged. Not thread-safe.
 */
public final class DeviceArray {
  /**
   * The purpose of a rounding: programming the initial weights, programming an average, or an
   * update.
   */
  private static final long START = 0;

  private static final long AVERAGE = 1;
  private static final long UPDATE = 2;

  private final DeviceModels models;
  private final Network network;
  private final ParameterLayout layout;
  private final InputCenter center;
  private final long seed;
  private final double range;
  private final int steps;
  private final boolean stochastic;
  private float[] signs = {};
  private float[] noise = {};

  /**
   * @param center m, which the first layer learns relative to: programming weights leaves b_1 + m
   *     W_1 unchanged
   * @param seed the run's
   */
  public DeviceArray(DeviceModels models, Network network, InputCenter center, long seed) {
    this.models = models;
    this.network = network;
    this.layout = ParameterLayout.of(network);
    this.center = center;
    this.seed = seed;
    this.range = models.weights().range() > 0 ? models.weights().range() : Double.POSITIVE_INFINITY;
    this.steps = models.weights().levels() - 1;
    this.stochastic = models.weights().rounding() == Rounding.STOCHASTIC;
  }

  /** Returns whether updates are carried out exactly. */
  public boolean isExact() {
    return models.holdsAll() && models.update().equals(UpdateModel.EXACT);
  }

  /**
   * Returns the weights that a round starts with: in the first round of a training, its initial
   * weights as the synapses hold them; in the first round of every later epoch, the weights after
   * drift; in all other rounds, the given weights.
   *
   * @param weights not modified
   * @param epoch from 0
   * @param round from 0
   */
  public Weights begun(Weights weights, int epoch, int round) {
    if (round > 0) {
      return weights;
    }
    return epoch == 0 ? programmed(weights, START) : drifted(weights, epoch);
  }

  /**
   * Returns the average of a round as the synapses hold it; all replicas are programmed with it.
   *
   * @param mean not modified
   * @param epoch from 0
   * @param round from 0
   */
  public Weights averaged(Weights mean, int epoch, int round) {
    return programmed(mean, AVERAGE, epoch, round);
  }

  /** Returns weights as the synapses hold them; values that they can hold stay unchanged. */
  private Weights programmed(Weights weights, long... place) {
    if (models.holdsAll()) {
      return weights;
    }
    Weights programmed = weights.plusCenter(center).copy();
    float[] values = programmed.values();
    for (int k = 1; k <= network.weightLayers(); k++) {
      SplittableRandom random = random(RandomStream.ROUNDING, k, place);
      int to = layout.weight(k).to();
      for (int i = layout.weight(k).from(); i < to; i++) {
        if (!holds(values[i], i)) {
          values[i] = held(values[i], i, random);
        }
      }
    }
    return programmed.minusCenter(center);
  }

  private Weights drifted(Weights weights, int epoch) {
    if (models.drift().equals(Drift.NONE)) {
      return weights;
    }
    float left = (float) Math.exp(-models.drift().rate());
    Weights drifted = weights.copy();
    float[] values = drifted.values();
    for (int k = 1; k <= network.weightLayers(); k++) {
      int from = layout.weight(k).from();
      int to = layout.weight(k).to();
      for (int i = from; i < to; i++) {
        values[i] *= left;
      }
      float deviation = (float) (models.drift().noise() * models.scale(network, k));
      if (deviation > 0) {
        new Normals(random(RandomStream.DRIFT, k, epoch)).add(values, from, to, deviation);
      }
      for (int i = from; i < to; i++) {
        values[i] = (float) clipped(values[i], i);
      }
    }
    return drifted;
  }

  /**
   * Updates the synapses. Weights that are already at their target stay exactly the same.
   *
   * @param weights θ; modified
   * @param target what θ would be without devices; not modified
   * @param place of the update: epoch, partition, batch
   */
  public void update(Weights weights, Weights target, long... place) {
    float[] values = weights.values();
    for (int k = 1; k <= network.weightLayers(); k++) {
      update(values, target.values(), k, place);
      ParameterLayout.Tensor bias = layout.bias(k);
      System.arraycopy(target.values(), bias.from(), values, bias.from(), bias.size());
    }
  }

  private void update(float[] weights, float[] target, int k, long[] place) {
    int from = layout.weight(k).from();
    int to = layout.weight(k).to();
    UpdateModel model = models.update();
    if (steps < 0 && models.signs() == Signs.FREE && model.equals(UpdateModel.EXACT)) {
      clip(weights, target, from, to); // in one pass of vector instructions
      return;
    }
    float[] drawn = noise(to - from, k, place);
    SplittableRandom random = random(RandomStream.ROUNDING, k, updating(place));
    double slope = model.bounds() == Bounds.SOFT ? 1 / range : 0;
    double up = model.up();
    double down = model.down();
    for (int i = from; i < to; i++) {
      if (target[i] == weights[i]) {
        continue;
      }
      double weight = weights[i];
      double move = target[i] - weight;
      move *= move > 0 ? up * (1 - slope * weight) : down * (1 + slope * weight);
      if (drawn != null) {
        move *= 1 + drawn[i - from];
      }
      weights[i] = held(weight + move, i, random);
    }
  }

  private void clip(float[] weights, float[] target, int from, int to) {
    float high = (float) range;
    for (int i = from; i < to; i++) {
      weights[i] = Math.max(-high, Math.min(high, target[i]));
    }
  }

  /** Returns σξ for each element of a tensor of some size; null without noise. */
  private float @Nullable [] noise(int size, int k, long[] place) {
    float deviation = (float) models.update().noise();
    if (deviation == 0) {
      return null;
    }
    if (noise.length < size) {
      noise = new float[size];
    }
    Arrays.fill(noise, 0, size, 0);
    new Normals(random(RandomStream.UPDATE_NOISE, k, place)).add(noise, 0, size, deviation);
    return noise;
  }

  /**
   * Returns the place with a number in front that states the purpose: the rounding of averages is
   * named by equally many numbers.
   */
  private static long[] updating(long[] place) {
    long[] named = new long[place.length + 1];
    named[0] = UPDATE;
    System.arraycopy(place, 0, named, 1, place.length);
    return named;
  }

  private SplittableRandom random(RandomStream stream, int k, long... place) {
    long[] coordinates = Arrays.copyOf(place, place.length + 1);
    coordinates[place.length] = k;
    return stream.of(seed, coordinates);
  }

  private boolean holds(float value, int i) {
    if (steps < 0) {
      return clipped(value, i) == value;
    }
    double level = Math.rint(level(value, i));
    return value(level) == value;
  }

  /** Returns what a synapse holds after it is set to a value. */
  private float held(double value, int i, SplittableRandom random) {
    if (steps < 0) {
      return (float) clipped(value, i);
    }
    double level = level(value, i);
    if (!stochastic) {
      return value(Math.rint(level));
    }
    return value(Math.min(Math.ceil(level), Math.floor(level + random.nextDouble())));
  }

  private double clipped(double value, int i) {
    double low = sign(i) > 0 ? 0 : -range;
    double high = sign(i) < 0 ? 0 : range;
    return Math.max(low, Math.min(high, value));
  }

  /**
   * Returns the position of a value among the levels 0 … n−1 that its sign allows; it may be
   * between two levels.
   */
  private double level(double value, int i) {
    double low = sign(i) > 0 ? (steps + 1) / 2 : 0;
    double high = sign(i) < 0 ? steps / 2 : steps;
    return Math.max(low, Math.min(high, (value / range + 1) * steps / 2));
  }

  private float value(double level) {
    return (float) (range * (2 * level - steps) / steps);
  }

  /** Returns 1 or −1 for a weight whose sign is fixed, otherwise 0. */
  private float sign(int i) {
    if (models.signs() == Signs.FREE) {
      return 0;
    }
    if (signs.length == 0) {
      signs = Weights.glorotUniform(network, seed).values();
    }
    return signs[i] < 0 ? -1 : 1;
  }
}
