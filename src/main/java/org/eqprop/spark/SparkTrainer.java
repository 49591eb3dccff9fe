package org.eqprop.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.device.DeviceArray;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;

/**
 * The driver's loop: each round broadcasts the weights, lets every replica train on its partition,
 * and averages the results.
 */
public final class SparkTrainer {
  /**
   * Training examples per partition that are checked for dead layers. A validation set of at least
   * this size is trusted.
   */
  private static final int PROBE = 500;

  /**
   * Training examples over all partitions that are evaluated to see whether the error has risen.
   */
  private static final int PROBES = 10_000;

  /** Training examples over all partitions whose free phases are checked. */
  private static final int SETTLED = 200;

  private final RunConfiguration configuration;
  private final DataPlan plan;
  private final ReplicaGroup replicas;
  private final Rounds rounds;
  private final AveragingSettings averaging;
  private final DeviceArray devices;

  /**
   * @param configuration what to train
   * @param plan the sets of examples
   * @param replicas loaded replicas
   */
  public SparkTrainer(RunConfiguration configuration, DataPlan plan, ReplicaGroup replicas) {
    this(
        configuration,
        plan,
        replicas,
        new ReplicaRounds(replicas, configuration.averaging().updaterState()));
  }

  /**
   * @param configuration what to train
   * @param plan the sets of examples
   * @param replicas loaded replicas, which evaluate
   * @param rounds how a round is trained
   */
  public SparkTrainer(
      RunConfiguration configuration, DataPlan plan, ReplicaGroup replicas, Rounds rounds) {
    this.configuration = configuration;
    this.plan = plan;
    this.replicas = replicas;
    this.rounds = rounds;
    this.averaging = configuration.averaging().resolved(replicas.count());
    this.devices = configuration.spec().newDeviceArray();
  }

  /**
   * Trains the remaining epochs.
   *
   * @param start state to continue from
   * @param listener notified of each further epoch
   * @return the final weights
   * @throws TrainingFailedException if the training diverges or collapses; the listener has then
   *     been notified of the earlier epochs
   */
  public Weights train(TrainingState start, TrainingListener listener) {
    return train(start, configuration.spec().hyperparameters().epochs(), listener);
  }

  /**
   * Trains up to an epoch, with the learning rates of the whole training.
   *
   * @param start state to continue from
   * @param epochs number of the last epoch to train, at most that of the whole training
   * @param listener notified of each further epoch
   * @return the weights after that epoch
   * @throws TrainingFailedException if the training diverges or collapses; the listener has then
   *     been notified of the earlier epochs
   */
  public Weights train(TrainingState start, int epochs, TrainingListener listener) {
    TrainingState state = start;
    while (state.epoch() < epochs) {
      int epoch = state.epoch() + 1;
      listener.epochStarted(epoch, replicas.startProgress());
      EpochOutcome ended = guarded(epoch, state);
      state = ended.state;
      listener.epochEnded(report(ended), state);
    }
    return state.weights();
  }

  /** Result of the rounds of an epoch. */
  private static final class EpochOutcome {
    TrainingState state;
    Measurement training;
    @Nullable Measurement validation;
    @Nullable Measurement test;
    double computeSeconds;
    double broadcastSeconds;
    double mergeSeconds;
    double evaluateSeconds;
    double spread = Double.NaN;
    final List<String> warnings = new ArrayList<>();

    EpochOutcome(TrainingState state, Measurement training) {
      this.state = state;
      this.training = training;
    }

    void addTimes(EpochOutcome other) {
      computeSeconds += other.computeSeconds;
      broadcastSeconds += other.broadcastSeconds;
      mergeSeconds += other.mergeSeconds;
      evaluateSeconds += other.evaluateSeconds;
    }
  }

  /** The outer optimizer and the factor on the learning rates in the rounds of an epoch. */
  private record Pace(OuterOptimizer outer, double rateFactor) {
    static final Pace PLAIN = new Pace(OuterOptimizer.average(), 1);
  }

  /**
   * Trains an epoch and checks its result. If outer steps or higher learning rates have spoilt the
   * weights, the epoch is trained again with plain averages and the outer optimizer at rest.
   */
  private EpochOutcome guarded(int epoch, TrainingState start) {
    boolean plain = epoch <= averaging.warmUpEpochs() || averaging.isPlain();
    EpochOutcome trained =
        trainEpoch(
            epoch,
            start,
            plain ? Pace.PLAIN : new Pace(OuterOptimizer.of(averaging), averaging.rateFactor()));
    try {
      judge(epoch, trained, plain ? Double.NaN : start.error());
      return trained;
    } catch (TrainingFailedException e) {
      if (plain) {
        throw e;
      }
      var unused = replicas.startProgress();
      EpochOutcome again = trainEpoch(epoch, start.atRest(), Pace.PLAIN);
      again.addTimes(trained);
      judge(epoch, again, Double.NaN);
      again.warnings.add(e.getMessage() + ": trained the epoch again with plain averages");
      return again;
    }
  }

  private EpochOutcome trainEpoch(int epoch, TrainingState start, Pace pace) {
    int count = averaging.rounds(epoch);
    EpochOutcome trained =
        new EpochOutcome(start, Measurement.none(configuration.spec().network().depth()));
    for (int round = 0; round < count; round++) {
      Rounds.Round ended = rounds.train(trained.state, pace.rateFactor, round, count);
      long begin = System.nanoTime();
      take(ended, trained, pace.outer, round);
      trained.computeSeconds += ended.computeSeconds();
      trained.broadcastSeconds += ended.broadcastSeconds();
      trained.mergeSeconds += ended.mergeSeconds() + (System.nanoTime() - begin) / 1e9;
    }
    return trained;
  }

  private void take(Rounds.Round ended, EpochOutcome trained, OuterOptimizer outer, int round) {
    TrainingState before = trained.state;
    int epoch = before.epoch();
    Weights begun = devices.begun(before.weights(), epoch, round);
    TrainingState start = before.moved(begun, before.velocity());
    trained.state = start;
    if (ended.measurement().examples() == 0) {
      return; // more rounds than batches: nothing was trained, nothing changes
    }
    trained.spread = ended.spread() / distance(ended.mean(), begun);
    TrainingState merged = outer.step(start, ended.mean()).updated(ended.updater());
    boolean left = replicas.count() == 1 && merged.weights().equals(ended.mean());
    trained.state =
        left // the one replica's synapses hold exactly these weights
            ? merged
            : merged.moved(devices.averaged(merged.weights(), epoch, round), merged.velocity());
    trained.training = trained.training.plus(ended.measurement());
  }

  private static double distance(Weights from, Weights to) {
    float[] a = from.values();
    float[] b = to.values();
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return Math.sqrt(squares);
  }

  /**
   * Evaluates the weights after an epoch, and checks them.
   *
   * @param best lowest error so far, against which the epoch is checked; NaN if there is none
   */
  private void judge(int epoch, EpochOutcome trained, double best) {
    long begin = System.nanoTime();
    try {
      evaluate(epoch, trained);
      if (!averaging.isPlain()) {
        double error = errorOfTrust(epoch, trained);
        Health.checkKept(epoch, best, error);
        trained.state = trained.state.measured(error);
      }
      trained.state = trained.state.epochEnded();
    } finally {
      trained.evaluateSeconds += (System.nanoTime() - begin) / 1e9;
    }
  }

  private void evaluate(int epoch, EpochOutcome trained) {
    Weights weights = trained.state.weights();
    Health.checkFinite(epoch, trained.training, weights);
    if (plan.size(Split.VALIDATION) > 0) {
      trained.validation = evaluate(weights, Split.VALIDATION, epoch);
    }
    if (configuration.evaluation().testEachEpoch()) {
      trained.test = evaluate(weights, Split.TEST, epoch);
    }
    checkAlive(epoch, weights, Arrays.asList(trained.validation, trained.test));
    trained.warnings.addAll(
        Health.warnings(epoch, configuration.spec().network(), trained.training));
    trained.warnings.addAll(phaseWarnings(epoch, weights));
  }

  /**
   * Checks whether free phases still settle, after the first, second, fourth, … and the last epoch:
   * phases change slowly, and each check costs a Spark job. With noise on states nothing is
   * checked, since no phase settles.
   */
  private List<String> phaseWarnings(int epoch, Weights weights) {
    ReplicaSpec spec = configuration.spec();
    boolean due = Integer.bitCount(epoch) == 1 || epoch == spec.hyperparameters().epochs();
    if (!due || spec.devices().stateNoise() > 0) {
      return List.of();
    }
    Settling settling =
        replicas.settling(
            weights,
            Split.TRAINING,
            "epoch " + epoch + ": check that phases settle",
            configuration.evaluation().batch(),
            Math.min(Settling.MOST, spec.relaxation().freeSteps()),
            Math.max(1, SETTLED / replicas.count()));
    return Health.phaseWarnings(epoch, spec.relaxation(), settling);
  }

  /**
   * Returns the error by which an epoch is judged: that of the validation set if it is large
   * enough, otherwise that of some training examples. The test set must not influence training.
   */
  private double errorOfTrust(int epoch, EpochOutcome trained) {
    Measurement validation = trained.validation;
    if (validation != null && validation.examples() >= PROBE) {
      return validation.errorRate();
    }
    int each = Math.max(1, PROBES / replicas.count());
    return probe(epoch, trained.state.weights(), each).errorRate();
  }

  private Measurement probe(int epoch, Weights weights, int each) {
    return replicas.evaluate(
        weights,
        Split.TRAINING,
        "epoch " + epoch + ": health probe",
        configuration.evaluation().batch(),
        each);
  }

  private static EpochReport report(EpochOutcome ended) {
    return new EpochReport(
        ended.state.epoch(),
        ended.training,
        ended.validation,
        ended.test,
        ended.computeSeconds,
        ended.broadcastSeconds,
        ended.mergeSeconds,
        ended.evaluateSeconds,
        ended.spread,
        ended.warnings);
  }

  /**
   * Checks the merged weights before they are saved. Usually the evaluations of the epoch suffice.
   * Only if they leave a doubt (nothing was evaluated, or only a few dark images), some training
   * examples of every partition are relaxed, and all of them before a run is stopped.
   */
  private void checkAlive(int epoch, Weights weights, List<@Nullable Measurement> evaluated) {
    Network network = configuration.spec().network();
    Measurement evidence =
        evaluated.stream()
            .filter(Objects::nonNull)
            .reduce(Measurement.none(network.depth()), Measurement::plus);
    if (Health.hiddenLayerSilent(network, evidence)
        && Health.hiddenLayerSilent(network, probe(epoch, weights, PROBE))) {
      Health.checkAlive(epoch, network, probe(epoch, weights, Integer.MAX_VALUE));
    }
  }

  private Measurement evaluate(Weights weights, Split split, int epoch) {
    String what =
        "epoch " + epoch + ": evaluate " + split.name().toLowerCase(java.util.Locale.ROOT);
    return replicas.evaluate(weights, split, what, configuration.evaluation().batch());
  }
}
