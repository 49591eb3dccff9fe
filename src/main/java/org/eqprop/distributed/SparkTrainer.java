package org.eqprop.distributed;

import java.util.List;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * The driver's loop: each round broadcasts the weights, lets every replica train on its partition,
 * and averages what comes back.
 */
public final class SparkTrainer {
  private final RunConfiguration configuration;
  private final DataPlan plan;
  private final Replicas replicas;

  /**
   * @param configuration what to train
   * @param plan the sets of examples
   * @param replicas loaded
   */
  public SparkTrainer(RunConfiguration configuration, DataPlan plan, Replicas replicas) {
    this.configuration = configuration;
    this.plan = plan;
    this.replicas = replicas;
  }

  /**
   * Trains for all epochs.
   *
   * @param listener told of each epoch
   * @return the final weights, flat as in {@link Parameters#of}
   * @throws TrainingFailedException if the training diverges or collapses; earlier epochs have then
   *     been told
   */
  public float[] train(TrainingListener listener) {
    var hyperparameters = configuration.rule().hyperparameters();
    float[] parameters =
        Parameters.glorotUniform(configuration.rule().topology(), hyperparameters.seed());
    for (int epoch = 1; epoch <= hyperparameters.epochs(); epoch++) {
      replicas.progress().reset();
      listener.epochStarted(epoch, replicas.progress());
      Epoch trained = trainEpoch(epoch, parameters);
      parameters = trained.parameters;
      listener.epochEnded(report(epoch, trained), parameters);
    }
    return parameters;
  }

  /** What the rounds of an epoch left. */
  private static final class Epoch {
    float[] parameters;
    Measurement training;
    double trainSeconds;
    double mergeSeconds;

    Epoch(float[] parameters, Measurement training) {
      this.parameters = parameters;
      this.training = training;
    }
  }

  private Epoch trainEpoch(int epoch, float[] start) {
    int rounds = configuration.averaging().roundsPerEpoch();
    Epoch state = new Epoch(start, Measurement.none(configuration.rule().topology().depth()));
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      List<ReplicaResult> results = replicas.train(state.parameters, epoch - 1, round, rounds);
      long trained = System.nanoTime();
      merge(epoch, results, state);
      state.trainSeconds += (trained - begin) / 1e9;
      state.mergeSeconds += (System.nanoTime() - trained) / 1e9;
    }
    return state;
  }

  private void merge(int epoch, List<ReplicaResult> results, Epoch state) {
    Measurement round =
        results.stream()
            .map(ReplicaResult::measurement)
            .reduce(Measurement.none(configuration.rule().topology().depth()), Measurement::plus);
    if (round.examples() == 0) {
      return; // more rounds than batches: nothing was trained, nothing changes
    }
    state.parameters = Averaging.merge(results);
    state.training = state.training.plus(round);
    Health.check(epoch, configuration.rule().topology(), round, state.parameters);
  }

  private EpochReport report(int epoch, Epoch trained) {
    long begin = System.nanoTime();
    Measurement validation =
        plan.size(Split.VALIDATION) > 0
            ? evaluate(trained.parameters, Split.VALIDATION, epoch)
            : null;
    Measurement test =
        configuration.evaluation().testEachEpoch()
            ? evaluate(trained.parameters, Split.TEST, epoch)
            : null;
    return new EpochReport(
        epoch,
        trained.training,
        validation,
        test,
        trained.trainSeconds,
        trained.mergeSeconds,
        (System.nanoTime() - begin) / 1e9,
        Health.warnings(epoch, configuration.rule().topology(), trained.training));
  }

  private @Nullable Measurement evaluate(float[] parameters, Split split, int epoch) {
    String what =
        "epoch " + epoch + ": evaluate " + split.name().toLowerCase(java.util.Locale.ROOT);
    return replicas.evaluate(parameters, split, what, configuration.evaluation().batch());
  }
}
