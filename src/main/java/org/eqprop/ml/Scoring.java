package org.eqprop.ml;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.spark.TaskPlace;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Classifies with a network: relaxes features to the free equilibrium and reads the outputs.
 *
 * @param spec describes the network and its relaxation
 * @param weights not modified
 * @param batch number of examples relaxed at a time
 */
record Scoring(ReplicaSpec spec, Weights weights, int batch) implements Serializable {

  static Scoring of(RunConfiguration configuration, Weights weights) {
    return new Scoring(configuration.spec(), weights, configuration.evaluation().batch());
  }

  Network network() {
    return spec.network();
  }

  /** Returns a relaxer that holds the weights; the caller closes it. */
  Relaxer relaxer() {
    Relaxer relaxer = new TaskPlace(1).relaxer(spec.computableHere());
    relaxer.load(weights);
    return relaxer;
  }

  /**
   * Returns the outputs of some examples at their free equilibria, [count × classes].
   *
   * @param relaxer from {@link #relaxer}; its states are modified
   * @param features [count]; not modified
   * @param column named in messages
   * @throws InputException if the size of a vector is not the number of the network's inputs, or if
   *     a value is not finite
   */
  double[][] outputs(Relaxer relaxer, Vector[] features, int count, String column) {
    Shape input = network().input();
    float[] values = new float[count * input.size()];
    for (int i = 0; i < count; i++) {
      if (features[i].size() != input.size()) {
        throw new InputException(
            "column "
                + column
                + " has vectors of "
                + features[i].size()
                + " values: expected "
                + input.size()
                + ", the number of the network's inputs");
      }
      RowColumns.copy(features[i], values, i * input.size(), column, true);
    }
    // The positions of rows are unknown here and may change, so their content seeds their noise.
    relaxer.nameNoise(Arrays.hashCode(values));
    int[] order = IntStream.range(0, count).toArray();
    relaxer.clamp(new FloatExamples(values, new int[count], input), order, 0, count);
    relaxer.relaxFree();
    int classes = network().outputs();
    double[][] rows = new double[count][classes];
    try (INDArray outputs = relaxer.outputs(Equilibrium.FREE)) {
      float[] all = Floats.of(outputs); // one copy: ND4J's own matrix makes an array per row
      for (int i = 0; i < all.length; i++) {
        rows[i / classes][i % classes] = all[i];
      }
    }
    return rows;
  }

  /**
   * Returns the probabilities of the classes: softmax(z) with cross-entropy. With squared error,
   * the outputs above 0 divided by their sum, since least squares make them estimates of the
   * probabilities; all equal if no output is above 0.
   *
   * @param outputs [classes]; not modified
   */
  double[] probabilities(double[] outputs) {
    double[] p = outputs.clone();
    double largest = Arrays.stream(p).max().orElse(0);
    double sum = 0;
    for (int c = 0; c < p.length; c++) {
      p[c] = network().hasReadout() ? Math.exp(p[c] - largest) : Math.max(0, p[c]);
      sum += p[c];
    }
    for (int c = 0; c < p.length; c++) {
      p[c] = sum > 0 ? p[c] / sum : 1.0 / p.length;
    }
    return p;
  }

  /**
   * Returns the class with the largest output, the first of equals. With thresholds t, returns the
   * class with the largest p/t; a class with a threshold of 0 wins over all others unless its p is
   * 0.
   *
   * @param thresholds [classes], or null
   */
  double prediction(double[] outputs, double[] probabilities, double @Nullable [] thresholds) {
    double[] scores = outputs;
    if (thresholds != null) {
      scores = new double[probabilities.length];
      for (int c = 0; c < scores.length; c++) {
        double p = probabilities[c];
        scores[c] = p == 0 ? 0 : p / thresholds[c];
      }
    }
    return Vectors.dense(scores).argmax();
  }
}
