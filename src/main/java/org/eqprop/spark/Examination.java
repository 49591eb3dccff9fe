package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.network.Floats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the units of a network do at the free equilibria of a set of examples, one after another.
 * Examinations of consecutive slices add up to that of both.
 */
public final class Examination implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final float SATURATED = 1 - 1e-6f;

  private final int[] labels;
  private final float[] scores;
  private final List<float[]> highest;
  private final List<double[]> sums;
  private final List<long[]> saturations;

  private Examination(
      int[] labels,
      float[] scores,
      List<float[]> highest,
      List<double[]> sums,
      List<long[]> saturations) {
    this.labels = labels;
    this.scores = scores;
    this.highest = highest;
    this.sums = sums;
    this.saturations = saturations;
  }

  /**
   * Relaxes every example.
   *
   * @param relaxer holds the parameters; its states are modified
   * @param images not modified
   * @param batch images relaxed at a time
   */
  public static Examination of(Relaxer relaxer, Examples images, int batch) {
    int depth = relaxer.network().depth();
    int outputs = relaxer.network().outputs();
    int[] labels = new int[images.size()];
    Arrays.setAll(labels, images::label);
    Examination examination =
        new Examination(
            labels,
            new float[images.size() * outputs],
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (int k = 1; k <= depth; k++) {
      examination.highest.add(new float[relaxer.network().size(k)]);
      examination.sums.add(new double[relaxer.network().size(k)]);
      examination.saturations.add(new long[relaxer.network().size(k)]);
    }
    new Evaluator(relaxer, batch)
        .visit(images, images.size(), (from, to) -> examination.note(relaxer, from));
    return examination;
  }

  private void note(Relaxer relaxer, int from) {
    int depth = relaxer.network().depth();
    for (int k = 1; k <= depth; k++) {
      float[] states = values(relaxer.state(Equilibrium.FREE, k));
      int size = relaxer.network().size(k);
      for (int i = 0; i < states.length; i++) {
        highest.get(k - 1)[i % size] = Math.max(highest.get(k - 1)[i % size], states[i]);
        sums.get(k - 1)[i % size] += states[i];
        saturations.get(k - 1)[i % size] += states[i] >= SATURATED ? 1 : 0;
      }
    }
    float[] outputs = values(relaxer.outputs(Equilibrium.FREE));
    System.arraycopy(outputs, 0, scores, from * relaxer.network().outputs(), outputs.length);
  }

  private static float[] values(INDArray states) {
    try (INDArray rows = states) {
      return Floats.of(rows);
    }
  }

  /** Returns the examination of both, the other's examples behind. */
  Examination plus(Examination other) {
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
    return new Examination(allLabels, allScores, bothHighest, bothSums, bothSaturations);
  }

  /** Returns how many examples there are. */
  public int size() {
    return labels.length;
  }

  /** Returns the class of an example. */
  public int label(int example) {
    return labels[example];
  }

  /** Returns the output units of an example, [n_L]. */
  public float[] scores(int example) {
    int outputs = scores.length / labels.length;
    return Arrays.copyOfRange(scores, example * outputs, (example + 1) * outputs);
  }

  /** Returns the index of an example's largest output; the first of equals. */
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
   * What the units of a layer do.
   *
   * @param units n_k
   * @param dead of these, 0 for every example
   * @param meanActivity mean of s_k over units and examples, 0 … 1
   * @param saturated fraction of the units' states that are 1
   */
  public record Layer(int units, int dead, double meanActivity, double saturated) {}

  /**
   * Returns what the units of a layer do.
   *
   * @param k 1 … L
   */
  public Layer layer(int k) {
    int units = highest.get(k - 1).length;
    int dead = 0;
    for (float high : highest.get(k - 1)) {
      dead += high == 0 ? 1 : 0;
    }
    double states = (double) units * Math.max(1, labels.length);
    return new Layer(
        units,
        dead,
        Arrays.stream(sums.get(k - 1)).sum() / states,
        Arrays.stream(saturations.get(k - 1)).sum() / states);
  }
}
