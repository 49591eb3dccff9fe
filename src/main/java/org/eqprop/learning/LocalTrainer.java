package org.eqprop.learning;

import java.util.List;
import java.util.function.Consumer;
import org.eqprop.base.RandomStream;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;

/**
 * Equilibrium propagation in one thread: for each batch the free phase, the nudged phases, the
 * update. Every replica runs just this, and a job of one replica equals it bit for bit.
 */
public final class LocalTrainer {
  private final LearningRule rule;
  private final Relaxer relaxer;

  /**
   * @param rule how to learn
   * @param relaxer holds the parameters; modified by training; stays the caller's to close
   * @throws IllegalStateException if the rule needs an input center that it does not have
   */
  public LocalTrainer(LearningRule rule, Relaxer relaxer) {
    rule.requireCenter();
    this.rule = rule;
    this.relaxer = relaxer;
  }

  /**
   * Trains on a share of an epoch. The batches are those of the epoch's own permutation of the
   * partition, the same whatever the number of rounds.
   *
   * @param images the partition's examples; not modified
   * @param share which epoch, round and partition
   * @param progress told each batch's measurement at its free equilibrium, before its update
   * @return the sum of those measurements: the running training error
   */
  public Measurement train(Examples images, Share share, Consumer<Measurement> progress) {
    Measurement[] total = {Measurement.none(rule.topology().depth())};
    Batches batches = Batches.of(rule.hyperparameters(), images.size(), share);
    List<TrainingStep> steps =
        batches.list().stream().map(batch -> trainingStep(share, batch)).toList();
    relaxer.train(
        images,
        batches.order(),
        steps,
        measured -> {
          progress.accept(measured);
          total[0] = total[0].plus(measured);
        });
    return total[0];
  }

  private TrainingStep trainingStep(Share share, Batches.Batch batch) {
    Hyperparameters hyperparameters = rule.hyperparameters();
    Estimator estimator = rule.estimator();
    var signs =
        RandomStream.SIGN.of(
            hyperparameters.seed(), share.epoch(), share.partition(), batch.number());
    double beta = estimator.signedBeta(signs);
    int depth = rule.topology().depth();
    double[] coefficients = new double[2 * depth];
    for (int k = 1; k <= depth; k++) {
      coefficients[2 * k - 1] =
          hyperparameters.learningRate(k, share.epoch()) / (estimator.scale(beta) * batch.size());
      coefficients[2 * k - 2] = coefficients[2 * k - 1];
    }
    boolean centered = estimator.kind() == EstimatorKind.CENTERED;
    return new TrainingStep(batch.from(), batch.to(), beta, centered, coefficients);
  }
}
