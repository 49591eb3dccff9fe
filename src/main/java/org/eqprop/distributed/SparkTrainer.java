package org.eqprop.distributed;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.Parameters;
import org.eqprop.model.Topology;
import org.jspecify.annotations.Nullable;

/**
 * The driver's loop: each round broadcasts the weights, lets every replica train on its partition,
 * and averages what comes back.
 */
public final class SparkTrainer {
  /** Training examples of each partition that are looked at for dead layers. */
  private static final int PROBE = 500;

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
    var rule = configuration.rule();
    return train(
        0, Parameters.glorotUniform(rule.topology(), rule.hyperparameters().seed()), listener);
  }

  /**
   * Trains for the epochs that are left.
   *
   * @param ended how many epochs have ended
   * @param start the weights they left, flat; not modified
   * @param listener told of each further epoch
   * @return the final weights
   * @throws TrainingFailedException as above
   */
  public float[] train(int ended, float[] start, TrainingListener listener) {
    float[] parameters = start;
    int epochs = configuration.rule().hyperparameters().epochs();
    for (int epoch = ended + 1; epoch <= epochs; epoch++) {
      replicas.progress().start();
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
    double computeSeconds;
    double broadcastSeconds;
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
      List<? extends Contribution> results =
          replicas.train(state.parameters, epoch - 1, round, rounds);
      long trained = System.nanoTime();
      merge(results, state);
      double compute = computeSeconds(results);
      state.computeSeconds += compute;
      state.broadcastSeconds += (trained - begin) / 1e9 - compute;
      state.mergeSeconds += (System.nanoTime() - trained) / 1e9;
    }
    return state;
  }

  /**
   * Returns how long a round had to compute at least: as long as its slowest replica, and, where
   * there are more replicas than cores, as long as all of them take on those cores. The rest is
   * what Spark costs.
   */
  private double computeSeconds(List<? extends Contribution> results) {
    double slowest = results.stream().mapToDouble(Contribution::computeSeconds).max().orElse(0);
    double all = results.stream().mapToDouble(Contribution::totalSeconds).sum();
    return Math.max(slowest, all / replicas.cores());
  }

  private void merge(List<? extends Contribution> results, Epoch state) {
    Measurement round =
        results.stream()
            .map(Contribution::measurement)
            .reduce(Measurement.none(configuration.rule().topology().depth()), Measurement::plus);
    if (round.examples() == 0) {
      return; // more rounds than batches: nothing was trained, nothing changes
    }
    state.parameters = Averaging.merge(results);
    state.training = state.training.plus(round);
  }

  private EpochReport report(int epoch, Epoch trained) {
    long begin = System.nanoTime();
    Health.checkFinite(epoch, trained.training, trained.parameters);
    Measurement validation =
        plan.size(Split.VALIDATION) > 0
            ? evaluate(trained.parameters, Split.VALIDATION, epoch)
            : null;
    Measurement test =
        configuration.evaluation().testEachEpoch()
            ? evaluate(trained.parameters, Split.TEST, epoch)
            : null;
    checkAlive(epoch, trained.parameters, Arrays.asList(validation, test));
    return new EpochReport(
        epoch,
        trained.training,
        validation,
        test,
        trained.computeSeconds,
        trained.broadcastSeconds,
        trained.mergeSeconds,
        (System.nanoTime() - begin) / 1e9,
        Health.warnings(epoch, configuration.rule().topology(), trained.training));
  }

  /**
   * Judges the merged weights before anybody keeps them. What the epoch has evaluated tells; only
   * where it leaves a doubt (nothing was evaluated, or nothing but a few dark images) some training
   * examples of every partition are relaxed, and all of them before a run is stopped.
   */
  private void checkAlive(int epoch, float[] parameters, List<@Nullable Measurement> evaluated) {
    Topology topology = configuration.rule().topology();
    Measurement evidence =
        evaluated.stream()
            .filter(Objects::nonNull)
            .reduce(Measurement.none(topology.depth()), Measurement::plus);
    if (Health.hiddenLayerSilent(topology, evidence)) {
      String what = "epoch " + epoch + ": look for dead layers";
      int batch = configuration.evaluation().batch();
      Measurement some = replicas.evaluate(parameters, Split.TRAINING, what, batch, PROBE);
      if (Health.hiddenLayerSilent(topology, some)) {
        Health.checkAlive(
            epoch, topology, replicas.evaluate(parameters, Split.TRAINING, what, batch));
      }
    }
  }

  private Measurement evaluate(float[] parameters, Split split, int epoch) {
    String what =
        "epoch " + epoch + ": evaluate " + split.name().toLowerCase(java.util.Locale.ROOT);
    return replicas.evaluate(parameters, split, what, configuration.evaluation().batch());
  }
}
