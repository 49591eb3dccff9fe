package org.eqprop.learning;

import org.eqprop.data.Examples;
import org.eqprop.network.Network;

/** The input states s_0 of examples, at float64, for checks that do their own computation. */
public final class InputValues {
  private InputValues() {}

  /**
   * Returns s_0 of every example: its values after the network's normalisation.
   *
   * @param images not modified
   * @return [examples][n_0]
   */
  public static double[][] of(Network network, Examples images) {
    double[][] x = new double[images.size()][images.shape().size()];
    for (int i = 0; i < images.size(); i++) {
      float[] values = images.values(i);
      network.normalisation().apply(values, 0, network.input());
      for (int j = 0; j < x[i].length; j++) {
        x[i][j] = values[j];
      }
    }
    return x;
  }

  /** Returns the class of every example. */
  public static int[] labels(Examples images) {
    int[] labels = new int[images.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = images.label(i);
    }
    return labels;
  }
}
