package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;

/**
 * Counts of predictions at the free equilibrium, by class. All values are sums, so that two tallies
 * are merged by addition.
 *
 * @param examples number of examples of each class; [n_L]
 * @param right how many of these are predicted as their class; [n_L]
 * @param predicted how many examples of any class are predicted as this one; [n_L]
 */
public record ClassTally(List<Integer> examples, List<Integer> right, List<Integer> predicted)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public ClassTally {
    examples = List.copyOf(examples);
    right = List.copyOf(right);
    predicted = List.copyOf(predicted);
  }

  /** Returns the tally of no examples, the neutral element of {@link #plus}. */
  static ClassTally none(int classes) {
    List<Integer> zeros = Collections.nCopies(classes, 0);
    return new ClassTally(zeros, zeros, zeros);
  }

  /**
   * Relaxes every example and counts the predictions.
   *
   * @param relaxer holds the parameters; its states are modified
   * @param images not modified
   * @param batch images relaxed at a time
   */
  public static ClassTally of(Relaxer relaxer, Examples images, int batch) {
    int classes = relaxer.network().outputs();
    int[] examples = new int[classes];
    int[] right = new int[classes];
    int[] predicted = new int[classes];
    new Evaluator(relaxer, batch)
        .visit(
            images,
            images.size(),
            (from, to) -> {
              int[] found = relaxer.predict(Equilibrium.FREE);
              for (int i = from; i < to; i++) {
                int label = images.label(i);
                examples[label]++;
                predicted[found[i - from]]++;
                right[label] += found[i - from] == label ? 1 : 0;
              }
            });
    return new ClassTally(list(examples), list(right), list(predicted));
  }

  private static List<Integer> list(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  /** Returns the tally of both sets of examples. */
  ClassTally plus(ClassTally other) {
    return new ClassTally(
        sum(examples, other.examples), sum(right, other.right), sum(predicted, other.predicted));
  }

  private static List<Integer> sum(List<Integer> a, List<Integer> b) {
    List<Integer> sum = new ArrayList<>();
    for (int c = 0; c < a.size(); c++) {
      sum.add(a.get(c) + b.get(c));
    }
    return sum;
  }
}
