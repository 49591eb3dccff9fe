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

/** Says what is trained, on what and where. Each method returns the builder itself. */
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

  /** Sets the whole configuration. */
  public TrainingSessionBuilder configuration(RunConfiguration whole) {
    this.configuration = whole;
    return this;
  }

  /**
   * Takes a preset, in place of what was said before.
   *
   * @param name one of {@link Presets#NAMES}
   */
  public TrainingSessionBuilder preset(String name) {
    read.add(reader -> Presets.read(name, "preset"));
    return this;
  }

  /**
   * Puts keys on top of those before.
   *
   * @param text in HOCON; environment variables work in it
   */
  public TrainingSessionBuilder hocon(String text) {
    read.add(reader -> reader.keys(Hocon.parse(text, "hocon", Hocon.Source.USER)));
    return this;
  }

  /**
   * Puts one key on top of those before.
   *
   * @param key such as {@code training.epochs}
   * @param value in HOCON; where the key is a text, as it stands
   */
  public TrainingSessionBuilder set(String key, String value) {
    read.add(reader -> reader.set(key, value, "set"));
    return this;
  }

  /** Trains on Spark. The context stays the caller's to close. */
  public TrainingSessionBuilder spark(JavaSparkContext context) {
    this.spark = context;
    return this;
  }

  /**
   * Sets how many replicas there are where the configuration leaves it open: one a core, as long as
   * each has a batch. By default the cores of the executors that are registered.
   *
   * @param count asked at most once; ≥ 1
   */
  public TrainingSessionBuilder cores(IntSupplier count) {
    this.cores = count;
    return this;
  }

  /** Sets what opens files here; executors have their own. */
  public TrainingSessionBuilder storage(Storage files) {
    this.storage = files;
    return this;
  }

  /** Sets where the training examples come from, and those of the validation set. */
  public TrainingSessionBuilder training(ExampleSource source) {
    this.training = source;
    return this;
  }

  /** Sets where the test examples come from. */
  public TrainingSessionBuilder test(ExampleSource source) {
    this.test = source;
    return this;
  }

  /** Sets all three sets, inspected already. */
  public TrainingSessionBuilder plan(DataPlan sets) {
    this.plan = sets;
    return this;
  }

  /** Sets where the training begins: a checkpoint's state, or given weights. */
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
   * Reads the headers of the data, chooses the number of replicas, lets them read the data, and
   * sets what follows from the images.
   *
   * @throws InputException if something is missing, does not go together, or cannot be read
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
          "eqprop, or rounds(…) that make it so: rounds(Dl4jRounds::new)");
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
          "1 where there is no Spark; give a context with spark(…), or set 1");
      return 1;
    }
    if (wanted > 0) {
      return wanted;
    }
    int most = cores == null ? Math.max(1, TaskSlots.of(spark)) : cores.getAsInt();
    return sets.defaultReplicas(most, asked.spec().hyperparameters());
  }

  /** Returns how rounds are trained on loaded replicas. */
  Rounds roundsOf(ReplicaGroup replicas, RunConfiguration resolved) {
    return rounds != null && spark != null && replicas instanceof Replicas onSpark
        ? rounds.of(spark, onSpark, resolved.spec())
        : new ReplicaRounds(replicas, resolved.averaging().updaterState());
  }

  /** Returns those that have been added, in this order. */
  List<TrainingListener> listeners() {
    return List.copyOf(listeners);
  }

  /**
   * Returns where the training begins.
   *
   * @param spec its input center measured
   */
  TrainingState startOf(ReplicaSpec spec) {
    return start == null ? TrainingState.initial(spec) : start;
  }
}
