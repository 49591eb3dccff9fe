package org.eqprop.grid;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LearningRule;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.Share;
import org.eqprop.network.Weights;
import org.eqprop.spark.ClassTally;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Health;
import org.eqprop.spark.RunningTask;
import org.eqprop.spark.Split;
import org.eqprop.spark.TaskPlace;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingState;

/** Trains a point of one replica, whole, up to an epoch: one task. */
final class PointTask implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LearningRule rule;
  private final DataPlan plan;
  private final String data;
  private final Split judge;
  private final int batch;
  private final int epochs;
  private final Meter meter;
  private final TaskPlace place;

  /**
   * @param rule of the point
   * @param plan its data
   * @param data key of the data
   * @param judge the set that judges it
   * @param batch of the evaluation
   * @param epochs how many in all
   * @param meter told how far it is
   * @param place where it computes
   */
  PointTask(
      LearningRule rule,
      DataPlan plan,
      String data,
      Split judge,
      int batch,
      int epochs,
      Meter meter,
      TaskPlace place) {
    this.rule = rule;
    this.plan = plan;
    this.data = data;
    this.judge = judge;
    this.batch = batch;
    this.epochs = epochs;
    this.meter = meter;
    this.place = place;
  }

  /**
   * Trains.
   *
   * @param before what to continue from; not modified
   */
  Trained run(Trained before) {
    long begin = System.nanoTime();
    Examples training = ExecutorData.of(data, plan, Split.TRAINING);
    Examples judging = ExecutorData.of(data, plan, judge);
    Trained trained = before;
    try (Relaxer relaxer = place.relaxer(rule)) {
      relaxer.load(before.state().weights());
      while (trained.state().epoch() < epochs) {
        trained = epoch(relaxer, training, judging, trained);
      }
      if (trained.result().epochs() > before.result().epochs()) {
        trained = trained.warned(verdict(relaxer, judging, trained));
      }
    } catch (TrainingFailedException e) {
      trained = trained.failed(String.valueOf(e.getMessage()), true);
    } catch (OutOfMemoryError e) { // to Spark it would be the executor's end, and other points'
      trained = trained.failed("out of memory: " + e.getMessage(), false);
    }
    return trained.timed(begin);
  }

  private List<String> verdict(Relaxer relaxer, Examples judging, Trained trained) {
    int[] counts = Arrays.copyOf(judging.classCounts(), rule.network().outputs());
    return Health.verdict(
        KeyValues.word(judge),
        Objective.VALIDATION_ERROR.last(trained.result().curve()),
        Arrays.stream(counts).boxed().toList(),
        () -> ClassTally.of(relaxer, judging, batch));
  }

  /** What an epoch that fails has left is not kept, as in a run of its own. */
  private Trained epoch(Relaxer relaxer, Examples training, Examples judging, Trained before) {
    int epoch = before.state().epoch() + 1;
    LocalTrainer trainer = new LocalTrainer(rule, relaxer, before.state().updater());
    Measurement running = trainer.train(training, Share.whole(epoch - 1), this::tell);
    Weights weights = relaxer.weights();
    Health.checkFinite(epoch, running, weights);
    Measurement measured = new Evaluator(relaxer, batch).measure(judging);
    if (Health.hiddenLayerSilent(rule.network(), measured)) {
      Health.checkAlive(epoch, rule.network(), new Evaluator(relaxer, batch).measure(training));
    }
    Curve curve = before.result().curve().plus(running, measured);
    meter.epochEnded(curve);
    return before.plus(
        curve, new TrainingState(epoch, weights, trainer.updaterState(), null, Double.NaN));
  }

  private void tell(Measurement measured) {
    meter.batchEnded(measured.examples());
    RunningTask.endIfKilled();
  }
}
