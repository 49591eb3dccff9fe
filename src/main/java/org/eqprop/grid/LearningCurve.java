package org.eqprop.grid;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;

/**
 * The errors and costs of a training, epoch by epoch.
 *
 * @param trainErrors running error rate of each epoch
 * @param errors error rate after each epoch, on the evaluation set
 * @param costs mean cost after each epoch, on the evaluation set
 */
record LearningCurve(List<Double> trainErrors, List<Double> errors, List<Double> costs)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The curve before the first epoch. */
  static final LearningCurve EMPTY = new LearningCurve(List.of(), List.of(), List.of());

  LearningCurve {
    trainErrors = List.copyOf(trainErrors);
    errors = List.copyOf(errors);
    costs = List.copyOf(costs);
  }

  /** Returns the number of epochs. */
  int epochs() {
    return trainErrors.size();
  }

  /** Returns the curve with one more epoch. */
  LearningCurve plus(Measurement training, Measurement judged) {
    return new LearningCurve(
        longer(trainErrors, training.errorRate()),
        longer(errors, judged.errorRate()),
        longer(costs, judged.meanCost()));
  }

  private static List<Double> longer(List<Double> values, double value) {
    List<Double> longer = new ArrayList<>(values);
    longer.add(value);
    return longer;
  }
}
