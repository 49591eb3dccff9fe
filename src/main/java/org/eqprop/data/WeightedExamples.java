package org.eqprop.data;

import org.eqprop.base.InputException;

/** Examples with weights: some count more than others in training. */
public final class WeightedExamples implements Examples {
  private static final long serialVersionUID = 1L;

  private final Examples examples;
  private final float[] weights;

  /**
   * Wraps examples and their weights; neither is copied.
   *
   * @param weights w_i [n], ≥ 0
   * @throws InputException if a weight is below 0 or not a finite number
   * @throws IllegalArgumentException if the numbers of weights and examples differ
   */
  public WeightedExamples(Examples examples, float[] weights) {
    if (weights.length != examples.size()) {
      throw new IllegalArgumentException(
          weights.length + " weights for " + examples.size() + " examples");
    }
    for (int i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0) || !Float.isFinite(weights[i])) {
        throw new InputException(
            "weight " + weights[i] + " of example " + i + ": expected a finite number from 0 up");
      }
    }
    this.examples = examples;
    this.weights = weights;
  }

  /** Returns picked examples with their original weights. */
  static WeightedExamples picked(Examples from, Examples picked, int... indices) {
    float[] weights = new float[indices.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = from.weight(indices[i]);
    }
    return new WeightedExamples(picked, weights);
  }

  @Override
  public Shape shape() {
    return examples.shape();
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int label(int i) {
    return examples.label(i);
  }

  @Override
  public boolean isWeighted() {
    return true;
  }

  @Override
  public float weight(int i) {
    return weights[i];
  }

  @Override
  public void copyTo(int i, float[] target, int at) {
    examples.copyTo(i, target, at);
  }

  @Override
  public WeightedExamples pick(int... indices) {
    return picked(this, examples.pick(indices), indices);
  }

  @Override
  public InputStatistics statistics() {
    return examples.statistics();
  }
}
