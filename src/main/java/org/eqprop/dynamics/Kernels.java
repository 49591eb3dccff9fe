package org.eqprop.dynamics;

import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The operations that a backend provides for relaxing batches of one network: memory for states and
 * parameters, element-wise operations, and the kernels of the links. Not thread-safe.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public interface Kernels<V, W> {

  /**
   * Allocates states of layer k, or x for k = 0, all zero.
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
   * Copies examples back: row {@code rows[i]} of {@code into} ← row i of {@code from}.
   *
   * @param from not modified
   * @param rows as many as {@code from} has; not modified
   */
  void scatter(V from, int[] rows, V into);

  /**
   * Copies values in.
   *
   * @param values [B × n], in any memory order; not modified
   */
  void assign(INDArray values, V into);

  /** Returns a row-major buffer for the values of states, to be filled before {@link #filled}. */
  float[] rows(V states);

  /**
   * Sets the states from the buffer.
   *
   * @param rows the buffer that {@link #rows} returned
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

  /** Makes the result of a link's kernel visible to the other methods. */
  void settle(V states);

  /** target ← factor·a; the result is passed only to {@link #receive} and {@link #move}. */
  void scale(V target, double factor, V a);

  /** target ← target + factor·a; the result is passed on like that of {@link #scale}. */
  void add(V target, double factor, V a);

  /** target ← a − b. */
  void subtract(V target, V a, V b);

  /**
   * target ← diag(w)·a: each row is multiplied by its weight.
   *
   * @param target may be {@code a}
   * @param weights w [B]; not modified
   */
  void scaleRows(V target, V a, float[] weights);

  /** Returns Σ a·b. */
  double dot(V a, V b);

  /**
   * Prepares the input that a layer receives from its links in a step.
   *
   * @param input modified
   * @param drive the rest of the layer's input; not modified
   * @param s the layer's states; not modified
   * @param keep weight of its own states
   * @return whether the first link must add to {@code input}; otherwise it overwrites it
   */
  boolean receive(V input, V drive, V s, double keep);

  /**
   * Adds noise to the input of {@link #move}.
   *
   * @param input as {@link #receive} and the links left it; modified
   * @param noise [B × n], row-major; not modified
   */
  void disturb(V input, float[] noise);

  /**
   * Moves a layer: s ← clip(keep·s + drive + input).
   *
   * @param s modified
   * @param input as {@link #receive} and the links left it; undefined afterwards
   * @param range the bounds of clip
   * @param moves [B]: each is raised to its example's max |Δs|; null: not needed
   */
  void move(V s, V input, V drive, double keep, Range range, double @Nullable [] moves);

  /** Allocates parameters, all zero. */
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

  /** Sets every row to b_k; all units of a channel are set to the bias that they share. */
  void spreadBias(W parameters, int k, V rows);

  /** b_k ← b_k + c·(the sum of the rows, and of the units that share a bias). */
  void addToBias(W parameters, int k, double c, V rows);

  /**
   * Returns the kernel of link k.
   *
   * @param k from 2; 1 only for {@link ClampedLink}
   * @param own the parameters with which it sends states
   */
  LinkKernel<V, W> link(int k, int batch, W own);

  /**
   * Returns the kernel of the first link, whose lower layer is clamped to x.
   *
   * @param x [B × n_0], filled by the caller
   * @param own the parameters with which it sends x
   */
  ClampedKernel<V, W> clamped(int batch, V x, W own);
}
