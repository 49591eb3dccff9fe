package org.eqprop.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.data.InputStatistics;

/** Warnings about the images and the classes of the examples, one line per kind of problem. */
public final class DataWarnings {
  private static final int LISTED = 10;

  /**
   * Fraction of a partition's examples that would need another label to give the class mix of all;
   * a partition above this is warned about.
   */
  private static final double SKEWED = 0.2;

  private DataWarnings() {}

  /**
   * Returns warnings about the training images themselves.
   *
   * @param inputs statistics of the images
   */
  public static List<String> ofInputs(InputStatistics inputs) {
    return inputs.isConstant()
        ? List.of(
            String.format(
                Locale.ROOT,
                "all training images are the same (mean pixel %.2f): there is nothing to learn from"
                    + " them",
                inputs.meanPixel()))
        : List.of();
  }

  /**
   * Returns warnings about the sets as a whole.
   *
   * @param training number of training examples per class
   * @param validation the same for the validation set; all 0 if there is none
   * @param test the same for the test set; all 0 if it is not checked
   */
  public static List<String> ofSets(
      List<Integer> training, List<Integer> validation, List<Integer> test) {
    List<String> warnings = new ArrayList<>();
    List<Integer> unused = classes(training.size(), c -> training.get(c) == 0);
    if (!unused.isEmpty()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "no training example has label %s: the last layer of the network may be too large",
              labels(unused)));
    }
    missing(training, validation)
        .ifPresent(
            labels ->
                warnings.add(
                    "the validation set (the last training examples of the file) has no example of"
                        + " label "
                        + labels
                        + ": its error says nothing about them; shuffle the file or raise"
                        + " data.validation"));
    missing(training, test)
        .ifPresent(
            labels ->
                warnings.add(
                    "the test set has no example of label "
                        + labels
                        + ": its error says nothing about them; check data.test-labels"));
    return warnings;
  }

  private static java.util.Optional<String> missing(List<Integer> training, List<Integer> other) {
    boolean any = other.stream().anyMatch(count -> count > 0);
    List<Integer> missing =
        classes(training.size(), c -> any && training.get(c) > 0 && other.get(c) == 0);
    return missing.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(labels(missing));
  }

  private static List<Integer> classes(int count, java.util.function.IntPredicate which) {
    return IntStream.range(0, count).filter(which).boxed().toList();
  }

  /** Returns class numbers as text; if there are many, only the first ten and their number. */
  static String labels(List<Integer> labels) {
    String listed =
        labels.stream().limit(LISTED).map(String::valueOf).collect(Collectors.joining(", "));
    return labels.size() > LISTED ? listed + ", … (" + labels.size() + " in all)" : listed;
  }

  /**
   * Returns a line if the class mix of partitions differs from that of the whole training set, as
   * it does if the file is sorted.
   *
   * @param partitions number of training examples per class, by partition
   */
  static List<String> ofPartitions(List<List<Integer>> partitions) {
    int classes = partitions.get(0).size();
    double[] total = new double[classes];
    partitions.forEach(
        counts -> IntStream.range(0, classes).forEach(c -> total[c] += counts.get(c)));
    double all = IntStream.range(0, classes).mapToDouble(c -> total[c]).sum();
    int skewed = 0;
    int worst = 0;
    double largest = 0;
    for (int p = 0; p < partitions.size(); p++) {
      List<Integer> counts = partitions.get(p);
      double size = counts.stream().mapToInt(Integer::intValue).sum();
      double distance = 0;
      for (int c = 0; c < classes; c++) {
        distance += Math.abs(counts.get(c) / size - total[c] / all) / 2;
      }
      if (distance > SKEWED + 2 * byChance(total, all, size)) {
        skewed++;
        if (distance > largest) {
          largest = distance;
          worst = p;
        }
      }
    }
    if (skewed == 0) {
      return List.of();
    }
    List<Integer> counts = partitions.get(worst);
    int most =
        IntStream.range(0, classes)
            .boxed()
            .max(java.util.Comparator.comparing(counts::get))
            .orElseThrow();
    double size = counts.stream().mapToInt(Integer::intValue).sum();
    return List.of(
        String.format(
            Locale.ROOT,
            "%d of %d partitions have a class mix far from that of all training examples (partition"
                + " %d: %.0f %% label %d; overall: %.0f %%): the file seems to be sorted by class;"
                + " shuffle it",
            skewed,
            partitions.size(),
            worst,
            100 * counts.get(most) / size,
            most,
            100 * total[most] / all));
  }

  /**
   * Returns by how much the class mix of a fair draw is off on average: mean absolute deviations,
   * halved.
   */
  private static double byChance(double[] total, double all, double size) {
    double sum = 0;
    for (double count : total) {
      double share = count / all;
      sum += Math.sqrt(2 * share * (1 - share) / (Math.PI * size)) / 2;
    }
    return sum;
  }
}
