package org.eqprop.dynamics;

import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a backend does for the relaxation of batches of one network: memory for states and
 * parameters, the work element by element, and the kernels of the links. For one thread.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public interface Kernels<V, W> {

  /**
   * Returns memory for the states of layer k, or for x, zero.
   *
   * @param k from 0
   */
  V states(int batch, int k);

  /** Frees states. */
  void closeStates(V states);

  /** Sets all states to zero. */
  void clear(V states);

  /**
   * Copies states.
   *
   * @param from not modified
   */
  void copy(V from, V into);

  /**
   * Copies some examples: row i of {@code into} ← row {@code rows[i]} of {@code from}.
   *
   * @param from not modified
   * @param rows as many as {@code into} has; not modified
   */
  void gather(V from, int[] rows, V into);

  /**
   * Copies them back: row {@code rows[i]} of {@code into} ← row i of {@code from}.
   *
   * @param from not modified
   * @param rows as many as {@code from} has; not modified
   */
  void scatter(V from, int[] rows, V into);

  /**
   * Copies given values in.
   *
   * @param values [B × n], in any order; not modified
   */
  void assign(INDArray values, V into);

  /** Returns a row-major buffer for the values of states, to be filled before {@link #filled}. */
  float[] rows(V states);

  /**
   * Takes over what was written to the buffer.
   *
   * @param rows as {@link #rows} has returned it
   */
  void filled(V states, float[] rows);

  /**
   * Sets the values.
   *
   * @param values row-major; not modified
   */
  void set(V states, double[] values);

  /**
   * Copies the values out.
   *
   * @param into row-major; modified
   */
  void values(V states, double[] into);

  /** Returns the values, [B × n]: a copy. */
  INDArray array(V states);

  /** Lets the other methods see what a link's kernel has computed. */
  void settle(V states);

  /** target ← factor·a; the result goes into {@link #receive} and {@link #move} alone. */
  void scale(V target, double factor, V a);

  /** target ← target + factor·a; the result goes where that of {@link #scale} goes. */
  void add(V target, double factor, V a);

  /** target ← a − b. */
  void subtract(V target, V a, V b);

  /**
   * target ← diag(w)·a: each row times its weight.
   *
   * @param target may be {@code a}
   * @param weights w [B]; not modified
   */
  void scaleRows(V target, V a, float[] weights);

  /** Returns Σ a·b. */
  double dot(V a, V b);

  /**
   * Prepares what a layer is to receive from its links in a step.
   *
   * @param input modified
   * @param drive what it receives besides; not modified
   * @param s its states; not modified
   * @param keep weight of its own states
   * @return whether the first link is to add to {@code input}; otherwise it sets it
   */
  boolean receive(V input, V drive, V s, double keep);

  /**
   * Adds noise to what {@link #move} takes.
   *
   * @param input what {@link #receive} and the links have left; modified
   * @param noise [B × n], row-major; not modified
   */
  void disturb(V input, float[] noise);

  /**
   * Moves a layer: s ← clip(keep·s + drive + input).
   *
   * @param s modified
   * @param input what {@link #receive} and the links have left; afterwards of no use
   * @param range what clip keeps to
   * @param moves [B]: each is raised to its example's max |Δs|; null: not needed
   */
  void move(V s, V input, V drive, double keep, Range range, double @Nullable [] moves);

  /** Returns memory for parameters, zero. */
  W parameters();

  /** Frees parameters. */
  void closeParameters(W parameters);

  /** Sets all parameters to zero. */
  void clearParameters(W parameters);

  /**
   * Copies parameters in.
   *
   * @param from of the same network; not modified
   */
  void load(Weights from, W into);

  /**
   * Copies parameters in.
   *
   * @param from of the same network; not modified
   */
  void load(Parameters from, W into);

  /** Returns the parameters, in float32: a copy. */
  Weights toWeights(W parameters);

  /** Sets every row to b_k, every unit of a channel to the bias that they share. */
  void spreadBias(W parameters, int k, V rows);

  /** b_k ← b_k + c·(the sum of the rows, and of the units that share a bias). */
  void addToBias(W parameters, int k, double c, V rows);

  /**
   * Returns the kernel of link k.
   *
   * @param k from 2; 1 only for {@link ClampedLink}
   * @param own the parameters that it sends states with
   */
  LinkKernel<V, W> link(int k, int batch, W own);

  /**
   * Returns the kernel of the first link, below which x is clamped.
   *
   * @param x [B × n_0], which others fill
   * @param own the parameters that it sends x with
   */
  ClampedKernel<V, W> clamped(int batch, V x, W own);
}
