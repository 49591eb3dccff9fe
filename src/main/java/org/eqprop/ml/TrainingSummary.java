package org.eqprop.ml;

import java.util.List;
import org.eqprop.spark.EpochReport;

/**
 * History of the training of a model.
 *
 * @param epochs the report of each epoch, in order; epochs before the checkpoint from which the fit
 *     resumed are missing
 * @param bestEpoch the epoch that the model comes from, counted from 1
 */
public record TrainingSummary(List<EpochReport> epochs, int bestEpoch) {

  public TrainingSummary {
    epochs = List.copyOf(epochs);
  }

  /**
   * Returns the mean cost of the training rows per epoch, each row's cost measured before its own
   * update.
   */
  public double[] objectiveHistory() {
    return epochs.stream().mapToDouble(report -> report.training().meanCost()).toArray();
  }

  /** Returns the number of epochs that were trained in this process. */
  public int totalIterations() {
    return epochs.size();
  }
}
