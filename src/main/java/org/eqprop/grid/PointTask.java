package org.eqprop.grid;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Weights;
import org.eqprop.spark.ClassTally;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Health;
import org.eqprop.spark.RunningTask;
import org.eqprop.spark.Split;
import org.eqprop.spark.TaskPlace;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingState;

/** A task that trains a point with one replica up to an epoch. */
final class PointTask implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ReplicaSpec spec;
  private final DataPlan plan;
  private final String data;
  private final Split judge;
  private final int batch;
  private final int epochs;
  private final PointProgress meter;
  private final TaskPlace place;

  /**
   * @param spec of the point
   * @param plan its data
   * @param data key of the data
   * @param judge the set on which it is evaluated
   * @param batch batch size of the evaluation
   * @param epochs total number of epochs
   * @param meter receives the progress
   * @param place where it computes
   */
  PointTask(
      ReplicaSpec spec,
      DataPlan plan,
      String data,
      Split judge,
      int batch,
      int epochs,
      PointProgress meter,
      TaskPlace place) {
    this.spec = spec;
    this.plan = plan;
    this.data = data;
    this.judge = judge;
    this.batch = batch;
    this.epochs = epochs;
    this.meter = meter;
    this.place = place;
  }

  /**
   * Trains the point.
   *
   * @param before the state to continue from; not modified
   */
  TrainedPoint run(TrainedPoint before) {
    long begin = System.nanoTime();
    Examples training = ExecutorData.of(data, plan, Split.TRAINING);
    Examples judging = ExecutorData.of(data, plan, judge);
    TrainedPoint trained = before;
    try (Relaxer relaxer = place.relaxer(spec)) {
      relaxer.load(before.state().weights());
      while (trained.state().epoch() < epochs) {
        trained = epoch(relaxer, training, judging, trained);
      }
      if (trained.result().epochs() > before.result().epochs()) {
        trained = trained.warned(verdict(relaxer, judging, trained));
      }
    } catch (TrainingFailedException e) {
      trained = trained.failed(String.valueOf(e.getMessage()), true);
    } catch (OutOfMemoryError e) { // otherwise Spark ends the executor, and its other points
      trained = trained.failed("out of memory: " + e.getMessage(), false);
    }
    return trained.timed(begin);
  }

  private List<String> verdict(Relaxer relaxer, Examples judging, TrainedPoint trained) {
    int[] counts = Arrays.copyOf(judging.classCounts(), spec.network().outputs());
    return Health.verdict(
        KeyValues.word(judge),
        Objective.VALIDATION_ERROR.last(trained.result().curve()),
        Arrays.stream(counts).boxed().toList(),
        () -> ClassTally.of(relaxer, judging, batch));
  }

  /** Trains one epoch. As in a run, the state of a failed epoch is discarded. */
  private TrainedPoint epoch(
      Relaxer relaxer, Examples training, Examples judging, TrainedPoint before) {
    int epoch = before.state().epoch() + 1;
    LocalTrainer trainer = new LocalTrainer(spec, relaxer, before.state().updater());
    Measurement running = trainer.train(training, RoundAssignment.whole(epoch - 1), this::tell);
    Weights weights = relaxer.weights();
    Health.checkFinite(epoch, running, weights);
    Measurement measured = new Evaluator(relaxer, batch).measure(judging);
    if (Health.hiddenLayerSilent(spec.network(), measured)) {
      Health.checkAlive(epoch, spec.network(), new Evaluator(relaxer, batch).measure(training));
    }
    LearningCurve curve = before.result().curve().plus(running, measured);
    meter.epochEnded(curve);
    return before.plus(
        curve, new TrainingState(epoch, weights, trainer.updaterState(), null, Double.NaN));
  }

  private void tell(Measurement measured) {
    meter.batchEnded(measured.examples());
    RunningTask.endIfKilled();
  }
}
