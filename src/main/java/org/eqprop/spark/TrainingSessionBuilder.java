package org.eqprop.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.UnaryOperator;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.DataSettings;
import org.eqprop.config.Engine;
import org.eqprop.config.Hocon;
import org.eqprop.config.InitialSettings;
import org.eqprop.config.Presets;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ExampleSource;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link TrainingSession}: what is trained, on which data, and where. Each setter
 * returns the builder itself.
 *
 * <pre>{@code
 * try (TrainingSession session =
 *     TrainingSession.builder().preset("mnist").set("training.epochs", "2").build()) {
 *   session.train();
 * }
 * }</pre>
 */
public final class TrainingSessionBuilder {
  private final List<UnaryOperator<ConfigurationReader>> read = new ArrayList<>();
  private final List<TrainingListener> listeners = new ArrayList<>();
  private @Nullable RunConfiguration configuration;
  private @Nullable JavaSparkContext spark;
  private @Nullable IntSupplier cores;
  private @Nullable Storage storage;
  private @Nullable ExampleSource training;
  private @Nullable ExampleSource test;
  private @Nullable DataPlan plan;
  private @Nullable TrainingState start;
  private Rounds.@Nullable Maker rounds;

  TrainingSessionBuilder() {}

  /** Sets the whole configuration, such as {@link ConfigurationReader#read} returns. */
  public TrainingSessionBuilder configuration(RunConfiguration whole) {
    this.configuration = whole;
    return this;
  }

  /**
   * Uses a preset, which replaces all keys that were set before.
   *
   * @param name one of {@link Presets#NAMES}
   */
  public TrainingSessionBuilder preset(String name) {
    read.add(reader -> Presets.read(name, "preset"));
    return this;
  }

  /**
   * Sets keys, which override those set before.
   *
   * @param text keys in HOCON, which may refer to environment variables
   */
  public TrainingSessionBuilder hocon(String text) {
    read.add(reader -> reader.keys(Hocon.parse(text, "hocon", Hocon.Source.USER)));
    return this;
  }

  /**
   * Sets one key, which overrides those set before.
   *
   * @param key such as {@code training.epochs}
   * @param value in HOCON, such as {@code [784, 100, 10]}; a text, such as a path, without quotes
   */
  public TrainingSessionBuilder set(String key, String value) {
    read.add(reader -> reader.set(key, value, "set"));
    return this;
  }

  /** Trains on Spark. The caller still has to close the context. */
  public TrainingSessionBuilder spark(JavaSparkContext context) {
    this.spark = context;
    return this;
  }

  /**
   * Sets the number of cores, which determines the number of replicas if the configuration leaves
   * it open: one per core, as long as each has a batch. By default, the cores of the registered
   * executors (see {@link TaskSlots}).
   *
   * @param count called at most once; returns ≥ 1
   */
  public TrainingSessionBuilder cores(IntSupplier count) {
    this.cores = count;
    return this;
  }

  /** Sets the storage that opens files in this process; executors have their own. */
  public TrainingSessionBuilder storage(Storage files) {
    this.storage = files;
    return this;
  }

  /** Sets the source of the training examples and of those of the validation set. */
  public TrainingSessionBuilder training(ExampleSource source) {
    this.training = source;
    return this;
  }

  /** Sets the source of the test examples. */
  public TrainingSessionBuilder test(ExampleSource source) {
    this.test = source;
    return this;
  }

  /** Sets all three sets, already inspected. */
  public TrainingSessionBuilder plan(DataPlan sets) {
    this.plan = sets;
    return this;
  }

  /**
   * Sets the state that the training starts from: that of a checkpoint, or given weights, by {@link
   * TrainingState#startingFrom}.
   */
  public TrainingSessionBuilder start(TrainingState state) {
    this.start = state;
    return this;
  }

  /** Adds a listener. */
  public TrainingSessionBuilder listener(TrainingListener listener) {
    listeners.add(listener);
    return this;
  }

  /** Sets how rounds are trained, such as {@code Dl4jRounds::new}. */
  public TrainingSessionBuilder rounds(Rounds.Maker maker) {
    this.rounds = maker;
    return this;
  }

  /**
   * Reads the headers of the data, chooses the number of replicas, makes them read the data, and
   * completes the configuration with what is measured on the images.
   *
   * @throws InputException if something is missing, incompatible or unreadable
   */
  public TrainingSession build() {
    RunConfiguration asked = asked();
    checkEngine(asked);
    if (start != null) {
      TrainingSession.requireStart(start, asked);
    } else {
      InvalidValueException.check(
          !asked.initial().isModel(),
          InitialSettings.MODEL_KEY,
          asked.initial().model(),
          "its weights as well: start(TrainingState.startingFrom(…))");
    }
    Storage files = files();
    DataPlan sets = sets(files, asked);
    Hyperparameters hyperparameters = asked.spec().hyperparameters();
    int count = replicas(asked, sets);
    sets.checkReplicas(count, hyperparameters);
    if (spark == null && sets.isDistributed()) {
      throw new InputException(
          sets.trainingSource().name() + " is read by Spark: expected spark(…) as well");
    }
    RunConfiguration resolved = asked.resolved(count);
    ReplicaGroup data =
        spark == null
            ? new LocalReplica(files, sets, resolved.spec())
            : new Replicas(spark, sets, resolved.spec(), count);
    try {
      List<String> warnings = data.load();
      return new TrainingSession(this, resolved.measured(data.inputs()), sets, data, warnings);
    } catch (Throwable e) {
      data.close();
      throw e;
    }
  }

  private RunConfiguration asked() {
    if (configuration == null && read.isEmpty()) {
      throw new InputException(
          "no configuration: expected configuration(…), preset(…), hocon(…) or set(…)");
    }
    if (configuration == null) {
      ConfigurationReader reader = new ConfigurationReader();
      for (UnaryOperator<ConfigurationReader> step : read) {
        reader = step.apply(reader);
      }
      return reader.read();
    }
    if (!read.isEmpty()) {
      throw new InputException(
          "configuration(…) is the whole configuration: expected no preset(…), hocon(…) or set(…)"
              + " as well");
    }
    return configuration;
  }

  private void checkEngine(RunConfiguration asked) {
    if (rounds == null) {
      InvalidValueException.check(
          asked.engine() == Engine.EQPROP,
          Engine.KEY,
          KeyValues.word(asked.engine()),
          "eqprop, or rounds(…) of that engine, such as rounds(Dl4jRounds::new)");
    } else if (spark == null) {
      throw new InputException("rounds(…) are trained on Spark: expected spark(…) as well");
    }
  }

  private Storage files() {
    if (storage != null) {
      return storage;
    }
    return spark == null ? Storage.local() : new Storage(spark.hadoopConfiguration());
  }

  private DataPlan sets(Storage files, RunConfiguration asked) {
    if (plan == null) {
      DataSettings named = asked.data();
      DataSettings chosen =
          new DataSettings(
              training == null ? named.training() : training,
              test == null ? named.test() : test,
              named.validation());
      return DataPlan.inspect(files, chosen, asked.spec().network());
    }
    if (training != null || test != null) {
      throw new InputException("plan(…) has all sets: expected no training(…) or test(…) as well");
    }
    return plan;
  }

  private int replicas(RunConfiguration asked, DataPlan sets) {
    int wanted = asked.averaging().replicas();
    if (spark == null) {
      InvalidValueException.check(
          wanted <= 1,
          AveragingSettings.REPLICAS_KEY,
          wanted,
          "1 without Spark; set 1, or pass a context to spark(…)");
      return 1;
    }
    if (wanted > 0) {
      return wanted;
    }
    int most = cores == null ? Math.max(1, TaskSlots.of(spark)) : cores.getAsInt();
    return sets.defaultReplicas(most, asked.spec().hyperparameters());
  }

  /** Returns the rounds that train loaded replicas. */
  Rounds roundsOf(ReplicaGroup replicas, RunConfiguration resolved) {
    return rounds != null && spark != null && replicas instanceof Replicas onSpark
        ? rounds.of(spark, onSpark, resolved.spec())
        : new ReplicaRounds(replicas, resolved.averaging().updaterState());
  }

  /** Returns the listeners in the order in which they were added. */
  List<TrainingListener> listeners() {
    return List.copyOf(listeners);
  }

  /**
   * Returns the state that the training starts from.
   *
   * @param spec with the measured input center
   */
  TrainingState startOf(ReplicaSpec spec) {
    return start == null ? TrainingState.initial(spec) : start;
  }
}
