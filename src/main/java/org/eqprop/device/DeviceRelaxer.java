package org.eqprop.device;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.eqprop.base.Normals;
import org.eqprop.base.RandomStream;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.StateNoise;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A relaxer that simulates imperfect hardware. Its weights are θ, which the synapses hold; its
 * phases relax with w, the weights as they are read, and with noise on the states; see {@link
 * DeviceModels}. A relaxation that continues from a phase's own states belongs to the same phase:
 * it keeps the weights and continues the noise.
 */
public final class DeviceRelaxer implements Relaxer {
  /** The value of {@link #loaded} if the ideal relaxer holds no weights that a phase may use. */
  private static final int OTHER = -1;

  private final Relaxer relaxer;
  private final DeviceModels models;
  private final ParameterLayout layout;
  private final long seed;
  private final Weights weights;
  private final Weights read;
  private float[] factors = {};
  private float[] counterFactors = {};
  private long[] coordinates = {0};

  /** Clamps the batch again; null before the first batch. */
  private @Nullable Runnable clamp;

  /** The batch's first example. */
  private int first;

  private boolean clamped;
  private int loaded = OTHER;
  private @Nullable Equilibrium running;

  /**
   * @param relaxer an ideal relaxer with zero parameters; owned by this one from now on
   * @param seed the run's
   */
  public DeviceRelaxer(Relaxer relaxer, DeviceModels models, long seed) {
    this.relaxer = relaxer;
    this.models = models;
    this.layout = ParameterLayout.of(relaxer.network());
    this.seed = seed;
    this.weights = Weights.zeros(relaxer.network());
    this.read = models.readsExactly() ? weights : Weights.zeros(relaxer.network());
  }

  @Override
  public Network network() {
    return relaxer.network();
  }

  @Override
  public Relaxation relaxation() {
    return relaxer.relaxation();
  }

  @Override
  public void load(Weights source) {
    source.requireFor(network());
    System.arraycopy(source.values(), 0, weights.values(), 0, weights.values().length);
    changed();
  }

  @Override
  public void load(Parameters source) {
    source.requireFor(network());
    load(source.toWeights());
  }

  private void changed() {
    loaded = OTHER;
    clamped = false;
    running = null;
  }

  /** Returns a copy of θ and the biases. */
  @Override
  public Weights weights() {
    return weights.copy();
  }

  @Override
  public void nameNoise(long... named) {
    coordinates = named.clone();
  }

  @Override
  public void clamp(Examples images, int[] order, int from, int to) {
    clamp(() -> relaxer.clamp(images, order, from, to), order[from]);
  }

  @Override
  public void clamp(INDArray x, int[] labels) {
    clamp(() -> relaxer.clamp(x, labels), 0);
  }

  private void clamp(Runnable batch, int example) {
    clamp = batch;
    first = example;
    clamped = false;
    running = null;
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    if (into != from || into != running) {
      begin(into);
    }
    return relaxer.relax(into, from, beta, steps);
  }

  private void begin(Equilibrium phase) {
    if (clamp == null) {
      throw new IllegalStateException("no batch is clamped");
    }
    int copy = models.mismatch().betweenNudges() > 0 && isCounter(phase) ? 1 : 0;
    if (models.readNoise() > 0 || loaded != copy) {
      read(phase);
      relaxer.load(read);
      loaded = copy;
      clamped = false;
    }
    if (!clamped) {
      clamp.run();
      clamped = true;
    }
    if (models.stateNoise() > 0) {
      Normals normals = new Normals(random(RandomStream.STATE_NOISE, phase, 0));
      float deviation = (float) models.stateNoise();
      StateNoise noise = states -> normals.add(states, 0, states.length, deviation);
      relaxer.disturb(noise);
    }
    running = phase;
  }

  private static boolean isCounter(Equilibrium phase) {
    return phase == Equilibrium.COUNTER_NUDGED;
  }

  /** Computes w; the biases stay unchanged. */
  private void read(Equilibrium phase) {
    if (models.readsExactly()) {
      return;
    }
    float[] w = read.values();
    System.arraycopy(weights.values(), 0, w, 0, w.length);
    float[] mismatch = isCounter(phase) ? counterFactors() : factors();
    for (int k = 1; k <= network().weightLayers(); k++) {
      int from = layout.weight(k).from();
      int to = layout.weight(k).to();
      if (mismatch.length > 0) {
        for (int i = from; i < to; i++) {
          w[i] *= mismatch[i];
        }
      }
      if (models.readNoise() > 0) {
        float deviation = (float) (models.readNoise() * models.scale(network(), k));
        new Normals(random(RandomStream.READ_NOISE, phase, k)).add(w, from, to, deviation);
      }
    }
  }

  private SplittableRandom random(RandomStream stream, Equilibrium phase, int k) {
    long[] named = Arrays.copyOf(coordinates, coordinates.length + 3);
    named[coordinates.length] = first;
    named[coordinates.length + 1] = phase == Equilibrium.FREE ? 0 : isCounter(phase) ? 2 : 1;
    named[coordinates.length + 2] = k;
    return stream.of(seed, named);
  }

  /** Returns 1 + σζ for each parameter; empty if all are 1. */
  private float[] factors() {
    if (factors.length == 0 && models.mismatch().deviation() > 0) {
      factors = new float[weights.values().length];
      Arrays.fill(factors, 1);
      addMismatch(factors, 0, models.mismatch().deviation());
    }
    return factors;
  }

  /** Returns 1 + σζ + σ'ζ' for each parameter; empty if all are 1. */
  private float[] counterFactors() {
    double deviation = models.mismatch().betweenNudges();
    if (deviation == 0) {
      return factors();
    }
    if (counterFactors.length == 0) {
      counterFactors = factors().clone();
      if (counterFactors.length == 0) {
        counterFactors = new float[weights.values().length];
        Arrays.fill(counterFactors, 1);
      }
      addMismatch(counterFactors, 1, deviation);
    }
    return counterFactors;
  }

  private void addMismatch(float[] target, int copy, double deviation) {
    for (int k = 1; k <= network().weightLayers(); k++) {
      ParameterLayout.Tensor tensor = layout.weight(k);
      new Normals(RandomStream.MISMATCH.of(seed, copy, k))
          .add(target, tensor.from(), tensor.to(), (float) deviation);
    }
  }

  @Override
  public Measurement measure(Equilibrium at) {
    return relaxer.measure(at);
  }

  /** Adds the contrast to θ exactly: no device model is applied. */
  @Override
  public void learn(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    float[] moves = contrast(plus, minus, coefficients).values();
    for (int i = 0; i < moves.length; i++) {
      weights.values()[i] += moves[i];
    }
    changed();
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    readAsFree();
    relaxer.addContrast(plus, minus, coefficients, target);
  }

  @Override
  public Weights contrast(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    readAsFree();
    return relaxer.contrast(plus, minus, coefficients);
  }

  /**
   * Reads the weights as the free phase did, if the contrast depends on them: through a readout's
   * error, or through which unit of a pooling square is the largest.
   */
  private void readAsFree() {
    boolean depends =
        network().hasReadout() || !network().links().stream().allMatch(Link::isLinear);
    boolean differs = models.readNoise() > 0 || models.mismatch().betweenNudges() > 0;
    if (depends && differs && clamp != null) {
      read(Equilibrium.FREE);
      relaxer.load(read);
      loaded = 0;
      clamp.run();
      clamped = true;
      running = null;
    }
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    return relaxer.state(at, k);
  }

  @Override
  public INDArray outputs(Equilibrium at) {
    return relaxer.outputs(at);
  }

  @Override
  public int[] predict(Equilibrium at) {
    return relaxer.predict(at);
  }

  @Override
  public void close() {
    relaxer.close();
  }
}
