package org.eqprop.dynamics;

import java.util.List;
import java.util.function.Consumer;
import org.eqprop.data.Examples;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One network with one clamped batch of B examples: relaxes it to free and nudged equilibria,
 * measures them, and moves the weights by their contrast. Owns its parameters and states; not
 * thread-safe. Call {@link #load} first, then per batch {@link #clamp}, {@link #relax} and the
 * methods that use the result.
 */
public interface Relaxer extends AutoCloseable {

  /** Returns the network that relaxes. */
  Network network();

  /** Returns how the network relaxes. */
  Relaxation relaxation();

  /**
   * Copies the weights and biases in.
   *
   * @param weights of the same network; not modified
   */
  void load(Weights weights);

  /**
   * Copies the weights and biases in.
   *
   * @param parameters of the same network; not modified
   */
  void load(Parameters parameters);

  /** Returns the weights and biases: a copy. */
  Weights weights();

  /**
   * Clamps a batch, images {@code order[from]} … {@code order[to−1]}, with the values of {@link
   * Examples#copyTo} after the network's normalisation. A_1(x) + b_1 is computed here, once for all
   * phases. If the examples are weighted, {@link #learn}, {@link #addContrast} and {@link
   * #contrast} multiply each example's part of their sums by its weight.
   *
   * @param images not modified
   * @param order indices into {@code images}; not modified
   */
  void clamp(Examples images, int[] order, int from, int to);

  /**
   * Clamps a batch of given values.
   *
   * @param x s_0 itself [B × n_0], already normalised; not modified
   * @param labels [B], each below n_L; not modified
   */
  void clamp(INDArray x, int[] labels);

  /**
   * Relaxes the clamped batch.
   *
   * @param into which states to set
   * @param from the states to start from, or null to start from zeros; not modified unless the same
   *     as {@code into}
   * @param beta β, the nudge's strength; 0 for the free phase; with even-odd sweeps, greater than
   *     {@link org.eqprop.network.Cost#lowestBeta}
   * @param steps maximum number of steps or sweeps, ≥ 0
   */
  Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps);

  /**
   * Adds noise to the states in every step from now on.
   *
   * @param noise null: none
   * @throws UnsupportedOperationException if the backend cannot add noise
   */
  default void disturb(@Nullable StateNoise noise) {
    throw new UnsupportedOperationException("this relaxer cannot add noise to states");
  }

  /**
   * Selects the random numbers of the batches that follow: if the simulated hardware has noise, the
   * noise is a function of the seed, of these coordinates, and of the batch's first example. A
   * relaxer without noise ignores them.
   *
   * @param coordinates for an evaluation the partition; for training the epoch, partition and batch
   */
  default void nameNoise(long... coordinates) {}

  /** Relaxes to the free equilibrium from zeros, according to the settings. */
  default Convergence relaxFree() {
    return relax(Equilibrium.FREE, null, 0, relaxation().freeSteps());
  }

  /**
   * Relaxes to a nudged equilibrium, according to the settings.
   *
   * @param into which states to set
   * @param beta β ≠ 0
   */
  default Convergence relaxNudged(Equilibrium into, double beta) {
    Equilibrium from = relaxation().nudgedStart() == NudgedStart.FREE ? Equilibrium.FREE : null;
    return relax(into, from, beta, relaxation().nudgedSteps());
  }

  /**
   * Returns energy, cost, errors and activity of the clamped batch at an equilibrium, summed over
   * the batch.
   */
  Measurement measure(Equilibrium at);

  /**
   * Adds the contrast of two equilibria to the relaxer's own weights:
   *
   * <pre>
   *   W_k += c ∂⟨s_k, A_k(s_{k−1})⟩/∂W_k at plus − the same at minus,   b_k += c' Σ (s_k at plus − at minus)
   * </pre>
   *
   * summed over the batch; every W_k and b_k has its own coefficient. With c = α/(B·scale) this is
   * θ ← θ − αg, since ∂E/∂W_k = −∂⟨s_k, A_k(s_{k−1})⟩/∂W_k and ∂E/∂b_k = −s_k.
   *
   * <p>With an input center m the first layer learns as if its input were x − m, and its bias b_1 +
   * m W_1: what all images have in common no longer moves its units. With Δ the difference of an
   * example's s_1 between the two equilibria,
   *
   * <pre>
   *   W_1 += c Σ (x − m)ᵀ Δ,   b_1 += Σ (c' − c m·(x − m)) Δ
   * </pre>
   *
   * <p>A readout is outside the energy. Its W and c follow f, the cost's force at the free
   * equilibrium: W += c Σ ∂⟨f, A(s_L)⟩/∂W, c += c' Σ f.
   *
   * <p>The network and its energy are those of x as it is. The parameters are modified, so {@link
   * #clamp} must come before the next phase.
   *
   * @param coefficients of W_1, b_1, W_2, …, in the layout's order; not modified
   */
  void learn(Equilibrium plus, Equilibrium minus, double[] coefficients);

  /**
   * Adds the contrast of two equilibria to other parameters; see {@link #learn}.
   *
   * @param target of the same network; modified
   */
  void addContrast(Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target);

  /**
   * Returns the contrast of two equilibria, in float32; see {@link #learn}.
   *
   * @param coefficients of W_1, b_1, W_2, …, in the layout's order; not modified
   */
  Weights contrast(Equilibrium plus, Equilibrium minus, double[] coefficients);

  /**
   * Trains on batches one after the other, each by {@link #clamp}, {@link #relaxFree}, {@link
   * #measure}, the nudged phases and {@link #learn}. Afterwards no batch is clamped.
   *
   * @param images not modified
   * @param order indices into {@code images}; not modified
   * @param steps the batches, in order
   * @param progress receives each batch's measurement at its free equilibrium, in order; with a
   *     delay if a device computes
   */
  default void train(
      Examples images, int[] order, List<TrainingStep> steps, Consumer<Measurement> progress) {
    for (TrainingStep step : steps) {
      clamp(images, order, step.from(), step.to());
      relaxFree();
      Measurement measured = measure(Equilibrium.FREE);
      relaxNudged(Equilibrium.NUDGED, step.beta());
      if (step.centered()) {
        relaxNudged(Equilibrium.COUNTER_NUDGED, -step.beta());
      }
      learn(Equilibrium.NUDGED, step.minus(), step.coefficients());
      progress.accept(measured);
    }
  }

  /**
   * Returns s_k of an equilibrium, [B × n_k], a copy.
   *
   * @param k 1 … L
   */
  INDArray state(Equilibrium at, int k);

  /**
   * Returns the outputs of an equilibrium, [B × classes], a copy: s_L, or the readout's z if the
   * cost has a readout.
   */
  default INDArray outputs(Equilibrium at) {
    return state(at, network().depth());
  }

  /**
   * Returns the index of the largest output for each example of an equilibrium, [B]; the first one
   * if several are equal.
   */
  int[] predict(Equilibrium at);

  /** Frees the memory outside the Java heap. */
  @Override
  void close();
}
