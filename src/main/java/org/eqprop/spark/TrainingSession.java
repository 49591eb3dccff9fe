package org.eqprop.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.network.Network;

/**
 * A network with the data that it learns from. Trains the network, evaluates it and classifies with
 * it, on Spark, or without Spark in the calling thread. Everything that trains goes through this
 * class, including the command line. One replica on Spark and training without Spark give the same
 * weights bit for bit.
 *
 * <p>A session has weights from the beginning: at first those that the training starts from, and
 * after each successful epoch those of that epoch. For one thread, except that {@code
 * replicas().cancel()} may be called from any.
 */
public final class TrainingSession implements AutoCloseable {
  private final RunConfiguration configuration;
  private final DataPlan plan;
  private final List<String> warnings;
  private final ReplicaGroup data;
  private final boolean owner;
  private final ReplicaGroup replicas;
  private final Rounds rounds;
  private final List<TrainingListener> listeners;
  private TrainingState state;

  /** Creates a session on data that have been read, which are closed with the session. */
  TrainingSession(
      TrainingSessionBuilder builder,
      RunConfiguration configuration,
      DataPlan plan,
      ReplicaGroup data,
      List<String> warnings) {
    this.configuration = configuration;
    this.plan = plan;
    this.warnings = List.copyOf(warnings);
    this.data = data;
    this.owner = true;
    this.replicas = data.with(configuration.spec());
    this.rounds = builder.roundsOf(replicas, configuration);
    this.listeners = builder.listeners();
    this.state = builder.startOf(configuration.spec());
  }

  private TrainingSession(
      TrainingSession other, RunConfiguration configuration, TrainingState start) {
    this.configuration = configuration;
    this.plan = other.plan;
    this.warnings = other.warnings;
    this.data = other.data;
    this.owner = false;
    this.replicas = data.with(configuration.spec());
    this.rounds = new ReplicaRounds(replicas, configuration.averaging().updaterState());
    this.listeners = List.of();
    this.state = start;
  }

  /** Returns a builder, which needs only a configuration. */
  public static TrainingSessionBuilder builder() {
    return new TrainingSessionBuilder();
  }

  /**
   * Returns a session with another configuration on the data that this one has read, in the same
   * partitions. It has no listeners, its rounds are this program's own, and it must be closed
   * before this one.
   *
   * @param other for the same data; already {@link RunConfiguration#measured}
   * @param start state that it starts from
   */
  public TrainingSession with(RunConfiguration other, TrainingState start) {
    requireStart(start, other);
    return new TrainingSession(this, other.resolved(data.count()), start);
  }

  /**
   * Returns the configuration that is trained, with everything in it resolved. Its {@link
   * RunConfiguration#data} are those that its keys name, even if the session was given other data.
   */
  public RunConfiguration configuration() {
    return configuration;
  }

  /** Returns the plan, which says which examples form the three sets. */
  public DataPlan plan() {
    return plan;
  }

  /** Returns warnings about the data, one line each. */
  public List<String> warnings() {
    return warnings;
  }

  /** Returns the replicas, which hold the data and compute. */
  public ReplicaGroup replicas() {
    return replicas;
  }

  /** Returns the rounds, which train the replicas. */
  public Rounds rounds() {
    return rounds;
  }

  /** Returns the current state of the training. */
  public TrainingState state() {
    return state;
  }

  /**
   * Trains the remaining epochs.
   *
   * @param further more listeners, notified after those of the builder
   * @return the state at the end
   * @throws TrainingFailedException if the training diverges or collapses; listeners have then been
   *     notified of the earlier epochs, and the session has the state after the last of these
   */
  public TrainingState train(TrainingListener... further) {
    return train(configuration.spec().hyperparameters().epochs(), further);
  }

  /**
   * Trains until the given epoch has ended. The learning rates follow the schedule over all
   * configured epochs.
   *
   * @param epochs number of the last epoch to train, at most that of the whole training
   * @param further more listeners, notified after those of the builder
   * @return the state after that epoch
   * @throws TrainingFailedException if the training diverges or collapses; listeners have then been
   *     notified of the earlier epochs, and the session has the state after the last of these
   */
  public TrainingState train(int epochs, TrainingListener... further) {
    List<TrainingListener> all = new ArrayList<>();
    all.add((report, left) -> state = left);
    all.addAll(listeners);
    all.addAll(Arrays.asList(further));
    var unused =
        new SparkTrainer(configuration, plan, replicas, rounds)
            .train(state, epochs, TrainingListener.all(all));
    return state;
  }

  /**
   * Measures the network on a set, each replica on its slice.
   *
   * @throws InputException if the set has no examples
   */
  public Measurement evaluate(Split split) {
    String set = split.name().toLowerCase(Locale.ROOT);
    if (plan.size(split) == 0) {
      throw new InputException(
          "the "
              + set
              + " set has no examples"
              + (split == Split.VALIDATION ? ": data.validation is 0" : ""));
    }
    return replicas.evaluate(state.weights(), split, "evaluate " + set, batch());
  }

  /**
   * Measures the network on other examples, in this process.
   *
   * @param examples not modified
   * @throws InputException if the examples do not have the size of the first layer, or a label has
   *     no unit in the last layer
   */
  public Measurement evaluate(Examples examples) {
    requireFits(examples, examples.classCounts().length);
    try (Relaxer relaxer = relaxer()) {
      return new Evaluator(relaxer, batch()).measure(examples);
    }
  }

  /**
   * Classifies examples, in this process.
   *
   * @param examples not modified; their labels are ignored
   * @return the class of each, 0 … n_L − 1
   * @throws InputException if the examples do not have the size of the first layer
   */
  public int[] predict(Examples examples) {
    requireFits(examples, 0);
    int[] classes = new int[examples.size()];
    try (Relaxer relaxer = relaxer()) {
      new Evaluator(relaxer, batch())
          .visit(
              examples,
              classes.length,
              (from, to) ->
                  System.arraycopy(relaxer.predict(Equilibrium.FREE), 0, classes, from, to - from));
    }
    return classes;
  }

  private void requireFits(Examples examples, int classes) {
    if (examples.size() > 0) {
      Network network = configuration.spec().network();
      DataPlan.requireFits("the set", examples.shape(), "the set", classes, network);
    }
  }

  private Relaxer relaxer() {
    Relaxer relaxer = new TaskPlace(1).relaxer(configuration.spec().computableHere());
    relaxer.load(state.weights());
    return relaxer;
  }

  private int batch() {
    return configuration.evaluation().batch();
  }

  /** Checks that a state fits the configuration's network and updater. */
  static void requireStart(TrainingState start, RunConfiguration configuration) {
    Network network = configuration.spec().network();
    if (!start.weights().isFor(network)) {
      throw new InputException(
          "start: " + start.weights() + ": expected weights of " + network + ", as topology says");
    }
    int arrays = configuration.spec().hyperparameters().updater().updater().stateSize();
    try {
      start.updater().requireFor(arrays, network);
    } catch (IllegalArgumentException e) {
      throw new InputException("start: " + e.getMessage() + ", as training.updater requires", e);
    }
  }

  /** Releases the data. A Spark context stays open. */
  @Override
  public void close() {
    replicas.close();
    if (owner) {
      data.close();
    }
  }
}
