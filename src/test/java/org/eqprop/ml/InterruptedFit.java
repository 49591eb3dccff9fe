package org.eqprop.ml;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;

/** Leaves the checkpoints of a fit that was killed after some epochs. */
final class InterruptedFit {
  private InterruptedFit() {}

  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static void leave(EquilibriumPropagationClassifier classifier, Dataset<Row> rows, int epochs) {
    try {
      var unused =
          new Fit(classifier, rows)
              .model(
                  new TrainingListener() {
                    @Override
                    public void epochStarted(int epoch, Progress progress) {
                      if (epoch > epochs) {
                        throw new Killed();
                      }
                    }

                    @Override
                    public void epochEnded(EpochReport report, TrainingState state) {}
                  });
      throw new AssertionError("the fit was not killed");
    } catch (Killed e) {
      // the checkpoints are now as a killed process would leave them
    }
  }
}
