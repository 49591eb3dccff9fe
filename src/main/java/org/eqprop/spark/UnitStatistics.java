package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.network.Convolution;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Range;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Statistics of the units of a network at the free equilibria of a sequence of examples. The
 * statistics of consecutive slices add up to those of both. In a layer with channels, all units of
 * a channel count as one unit.
 */
public final class UnitStatistics implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final float MARGIN = 1e-6f;

  private final int[] labels;
  private final float[] scores;

  /** Per layer how many units count as one: h · w for a layer with channels, otherwise 1. */
  private final int[] areas;

  /** Per layer and unit the largest |s|, the sum of s, and how many s are saturated. */
  private final List<float[]> highest;

  private final List<double[]> sums;
  private final List<long[]> saturations;

  private UnitStatistics(
      int[] labels,
      float[] scores,
      int[] areas,
      List<float[]> highest,
      List<double[]> sums,
      List<long[]> saturations) {
    this.labels = labels;
    this.scores = scores;
    this.areas = areas;
    this.highest = highest;
    this.sums = sums;
    this.saturations = saturations;
  }

  /**
   * Relaxes every example and collects the statistics.
   *
   * @param relaxer holds the parameters; its states are modified
   * @param images not modified
   * @param batch images relaxed at a time
   */
  public static UnitStatistics of(Relaxer relaxer, Examples images, int batch) {
    Network network = relaxer.network();
    int[] labels = new int[images.size()];
    Arrays.setAll(labels, images::label);
    int[] areas = new int[network.depth()];
    Arrays.setAll(areas, k -> area(network, k + 1));
    UnitStatistics examination =
        new UnitStatistics(
            labels,
            new float[images.size() * network.outputs()],
            areas,
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (int k = 1; k <= network.depth(); k++) {
      int units = network.size(k) / areas[k - 1];
      examination.highest.add(new float[units]);
      examination.sums.add(new double[units]);
      examination.saturations.add(new long[units]);
    }
    new Evaluator(relaxer, batch)
        .visit(images, images.size(), (from, to) -> examination.note(relaxer, from));
    return examination;
  }

  private static int area(Network network, int k) {
    return network.link(k) instanceof Convolution ? network.shape(k).area() : 1;
  }

  private void note(Relaxer relaxer, int from) {
    Network network = relaxer.network();
    for (int k = 1; k <= network.depth(); k++) {
      float[] states = values(relaxer.state(Equilibrium.FREE, k));
      Range range = network.layer(k).range();
      int size = network.size(k);
      for (int i = 0; i < states.length; i++) {
        int unit = i % size / areas[k - 1];
        highest.get(k - 1)[unit] = Math.max(highest.get(k - 1)[unit], Math.abs(states[i]));
        sums.get(k - 1)[unit] += states[i];
        saturations.get(k - 1)[unit] += isSaturated(states[i], range) ? 1 : 0;
      }
    }
    float[] outputs = values(relaxer.outputs(Equilibrium.FREE));
    System.arraycopy(outputs, 0, scores, from * network.outputs(), outputs.length);
  }

  /**
   * Returns whether a state is at an end of its range; an end at 0 does not count, since units are
   * silent there, not saturated.
   */
  private static boolean isSaturated(float state, Range range) {
    boolean above = range.high() > 0 && state >= (float) range.high() - MARGIN;
    boolean below = range.low() < 0 && state <= (float) range.low() + MARGIN;
    return above || below;
  }

  private static float[] values(INDArray states) {
    try (INDArray rows = states) {
      return Floats.of(rows);
    }
  }

  /** Returns the statistics of both, with the other's examples after these. */
  UnitStatistics plus(UnitStatistics other) {
    int[] allLabels = Arrays.copyOf(labels, labels.length + other.labels.length);
    System.arraycopy(other.labels, 0, allLabels, labels.length, other.labels.length);
    float[] allScores = Arrays.copyOf(scores, scores.length + other.scores.length);
    System.arraycopy(other.scores, 0, allScores, scores.length, other.scores.length);
    List<float[]> bothHighest = new ArrayList<>();
    List<double[]> bothSums = new ArrayList<>();
    List<long[]> bothSaturations = new ArrayList<>();
    for (int k = 0; k < highest.size(); k++) {
      float[] high = highest.get(k).clone();
      double[] sum = sums.get(k).clone();
      long[] saturated = saturations.get(k).clone();
      for (int j = 0; j < high.length; j++) {
        high[j] = Math.max(high[j], other.highest.get(k)[j]);
        sum[j] += other.sums.get(k)[j];
        saturated[j] += other.saturations.get(k)[j];
      }
      bothHighest.add(high);
      bothSums.add(sum);
      bothSaturations.add(saturated);
    }
    return new UnitStatistics(allLabels, allScores, areas, bothHighest, bothSums, bothSaturations);
  }

  /** Returns the number of examples. */
  public int size() {
    return labels.length;
  }

  /** Returns the class of an example. */
  public int label(int example) {
    return labels[example];
  }

  /** Returns the outputs of an example, s_L or the readout's, [classes]. */
  public float[] scores(int example) {
    int outputs = scores.length / labels.length;
    return Arrays.copyOfRange(scores, example * outputs, (example + 1) * outputs);
  }

  /** Returns the index of an example's largest output; the first if several are equal. */
  public int predicted(int example) {
    float[] outputs = scores(example);
    int best = 0;
    for (int c = 1; c < outputs.length; c++) {
      if (outputs[c] > outputs[best]) {
        best = c;
      }
    }
    return best;
  }

  /**
   * Statistics of the units of a layer.
   *
   * @param units n_k, or the number of channels for a layer that has channels
   * @param dead how many of these are 0 for every example, at every position
   * @param meanActivity mean of s_k over units and examples, in the layer's range
   * @param saturated fraction of the states that are at an end of the range other than 0
   */
  public record Layer(int units, int dead, double meanActivity, double saturated) {}

  /**
   * Returns the statistics of the units of a layer.
   *
   * @param k 1 … L
   */
  public Layer layer(int k) {
    int units = highest.get(k - 1).length;
    int dead = 0;
    for (float high : highest.get(k - 1)) {
      dead += high == 0 ? 1 : 0;
    }
    double states = (double) units * areas[k - 1] * Math.max(1, labels.length);
    return new Layer(
        units,
        dead,
        Arrays.stream(sums.get(k - 1)).sum() / states,
        Arrays.stream(saturations.get(k - 1)).sum() / states);
  }
}
