package org.eqprop.grid;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;

/**
 * What a training has shown, epoch by epoch.
 *
 * @param trainErrors running error rate of each epoch
 * @param errors error rate after each epoch, on the set that judges
 * @param costs mean cost after each epoch, on the set that judges
 */
record LearningCurve(List<Double> trainErrors, List<Double> errors, List<Double> costs)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Before the first epoch. */
  static final LearningCurve EMPTY = new LearningCurve(List.of(), List.of(), List.of());

  LearningCurve {
    trainErrors = List.copyOf(trainErrors);
    errors = List.copyOf(errors);
    costs = List.copyOf(costs);
  }

  /** Returns how many epochs there are. */
  int epochs() {
    return trainErrors.size();
  }

  /** Returns the curve with one epoch more. */
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
