package org.eqprop.ml;

import java.util.List;
import org.eqprop.spark.EpochReport;

/**
 * How the training of a model went.
 *
 * @param epochs what each epoch showed, in order; those before a checkpoint that the fit continued
 *     from are missing
 * @param bestEpoch the epoch that the model is of, from 1
 */
public record TrainingSummary(List<EpochReport> epochs, int bestEpoch) {

  public TrainingSummary {
    epochs = List.copyOf(epochs);
  }

  /** Returns the mean cost of the training rows in each epoch, each before its own update. */
  public double[] objectiveHistory() {
    return epochs.stream().mapToDouble(report -> report.training().meanCost()).toArray();
  }

  /** Returns how many epochs were trained. */
  public int totalIterations() {
    return epochs.size();
  }
}
