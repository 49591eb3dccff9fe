package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.config.StateMerging;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;
import org.eqprop.run.Checkpoints;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of the replicas' updaters on its way through rounds, averages and checkpoints. */
class UpdaterStateIT {
  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  /** 299 training examples: two partitions, of 149 and 150. */
  private RunConfiguration configuration(String... assignments) {
    ConfigurationReader reader =
        Idx.onQuadrants(folder)
            .set("data.validation=31")
            .set("training.epochs=3")
            .set("training.learning-rates=[0.02, 0.01]")
            .set("training.updater.weight-decay=1e-3");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  /** Keeps the state after each epoch. */
  private static final class Recorder implements TrainingListener {
    final List<TrainingState> states = new ArrayList<>();

    @Override
    public void epochStarted(int epoch, Progress progress) {}

    @Override
    public void epochEnded(EpochReport report, TrainingState state) {
      states.add(state);
    }

    TrainingState last() {
      return states.get(states.size() - 1);
    }
  }

  private static TrainingState train(
      RunConfiguration configuration, TrainingState start, TrainingListener... others) {
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    Recorder recorder = new Recorder();
    List<TrainingListener> all = new ArrayList<>(List.of(others));
    all.add(recorder);
    try (Replicas replicas =
        new Replicas(
            SharedSpark.context(),
            plan,
            configuration.spec(),
            configuration.averaging().replicas())) {
      assertThat(replicas.load()).isEmpty();
      var unused =
          new SparkTrainer(configuration, plan, replicas).train(start, TrainingListener.all(all));
    }
    return recorder.last();
  }

  private static TrainingState train(RunConfiguration configuration, TrainingListener... others) {
    return train(configuration, TrainingState.initial(configuration.spec()), others);
  }

  private static void assertSame(TrainingState actual, TrainingState expected) {
    assertThat(actual.epoch()).isEqualTo(expected.epoch());
    assertThat(actual.weights()).isEqualTo(expected.weights());
    assertThat(actual.velocity()).isEqualTo(expected.velocity());
    assertThat(actual.updater().updates()).isEqualTo(expected.updater().updates());
    assertThat(actual.updater().values()).hasSameSizeAs(expected.updater().values());
    for (int j = 0; j < expected.updater().values().size(); j++) {
      assertThat(actual.updater().values().get(j)).isEqualTo(expected.updater().values().get(j));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"average", "reset"})
  void oneReplicaTrainsLikeTheLocalTrainerBitForBitInAnyRounds(String merging) {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=1",
            "training.updater.kind=adam",
            "averaging.updater-state=" + merging);
    var spec = configuration.spec();
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    var images = plan.read(Storage.local(), Split.TRAINING, 0, 1);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < 3; epoch++) {
        var unused = trainer.train(images, RoundAssignment.whole(epoch), m -> {});
      }
      TrainingState local =
          new TrainingState(3, relaxer.weights(), trainer.updaterState(), null, Double.NaN);
      assertThat(local.updater().updates()).isEqualTo(3 * 15);
      assertSame(train(configuration), local);
      assertSame(train(configuration.with("averaging.rounds-per-epoch", "4")), local);
    }
  }

  /** Σ n_r x_r / Σ n_r in double precision, in the order of the partitions. */
  private static Weights mean(List<Weights> arrays, List<Long> examples) {
    float[] mean = new float[arrays.get(0).values().length];
    double all = examples.stream().mapToLong(n -> n).sum();
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      for (int r = 0; r < arrays.size(); r++) {
        sum += (double) examples.get(r) * arrays.get(r).values()[i];
      }
      mean[i] = (float) (sum / all);
    }
    return new Weights(arrays.get(0).network(), mean);
  }

  /** What the driver's loop and Spark should do, as plain loops. */
  private static TrainingState atTheDriver(RunConfiguration configuration) {
    var spec = configuration.spec();
    int count = configuration.averaging().replicas();
    int rounds = configuration.averaging().roundsPerEpoch();
    boolean reset = configuration.averaging().updaterState() == StateMerging.RESET;
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    Weights parameters = spec.initialWeights();
    UpdaterState state = UpdaterState.ZERO;
    for (int step = 0; step < 3 * rounds; step++) {
      List<Weights> weights = new ArrayList<>();
      List<UpdaterState> states = new ArrayList<>();
      List<Long> examples = new ArrayList<>();
      for (int p = 0; p < count; p++) {
        try (Relaxer relaxer = spec.newRelaxer()) {
          relaxer.load(parameters);
          LocalTrainer trainer = new LocalTrainer(spec, relaxer, state);
          Measurement measured =
              trainer.train(
                  plan.read(Storage.local(), Split.TRAINING, p, count),
                  new RoundAssignment(step / rounds, step % rounds, rounds, p, count),
                  m -> {});
          weights.add(relaxer.weights());
          states.add(trainer.updaterState());
          examples.add(measured.examples());
        }
      }
      parameters = mean(weights, examples);
      if (!reset) {
        List<Weights> means = new ArrayList<>();
        for (int j = 0; j < states.get(0).values().size(); j++) {
          int array = j;
          means.add(mean(states.stream().map(s -> s.values().get(array)).toList(), examples));
        }
        long most = states.stream().mapToLong(UpdaterState::updates).max().orElseThrow();
        state = new UpdaterState(means, most);
      }
    }
    return new TrainingState(3, parameters, state, null, Double.NaN);
  }

  @ParameterizedTest
  @CsvSource({"momentum, average", "momentum, reset", "adam, average", "adam, reset"})
  void averagesTheStatesOfTwoReplicasByTheirExamplesOrResetsThem(String kind, String merging) {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=2",
            "averaging.rounds-per-epoch=2",
            "training.updater.kind=" + kind,
            "averaging.updater-state=" + merging);
    TrainingState trained = train(configuration);
    assertSame(trained, atTheDriver(configuration));
    assertThat(trained.updater().isZero()).isEqualTo(merging.equals("reset"));
  }

  /**
   * Also with an outer optimizer, and through files, so that anything that is not saved is noticed.
   */
  @ParameterizedTest
  @ValueSource(strings = {"momentum", "nesterov", "adam"})
  void aRunResumedFromACheckpointEndsInTheSameState(String kind) {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=2",
            "averaging.rounds-per-epoch=2",
            "averaging.outer.optimizer=nesterov",
            "averaging.outer.momentum=0.5",
            "averaging.learning-rate-factor=1",
            "training.updater.kind=" + kind,
            "estimator.kind=random-sign",
            "training.bias-learning-rates=[0.01, 0.02]",
            "checkpoint.keep=3");
    Checkpoints written = new Checkpoints(Storage.local(), folder + "/c", configuration);
    TrainingState whole = train(configuration, written);
    assertThat(whole.velocity()).isNotNull();
    for (int epoch = 2; epoch >= 1; epoch--) {
      assertThat(folder.resolve("c/checkpoint-00000" + (epoch + 1) + ".safetensors").toFile())
          .satisfies(file -> assertThat(file.delete()).isTrue());
      TrainingState start =
          new Checkpoints(Storage.local(), folder + "/c", configuration)
              .newest(warning -> {})
              .orElseThrow();
      assertThat(start.epoch()).isEqualTo(epoch);
      assertThat(start.updater().updates()).isEqualTo(8L * epoch);
      assertSame(train(configuration, start), whole);
    }
  }

  /** The tree on executors adds up states, too. */
  @Test
  void addsUpTheStatesOfManyReplicasOnExecutors() {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=66",
            "averaging.warm-up.epochs=3",
            "averaging.warm-up.rounds-per-epoch=1",
            "averaging.rounds-per-epoch=1",
            "training.batch=2",
            "training.updater.kind=adam");
    TrainingState trained = train(configuration);
    TrainingState expected = atTheDriver(configuration);
    assertThat(trained.updater().updates()).isEqualTo(expected.updater().updates());
    for (int j = 0; j < 2; j++) { // the order of adding differs, so the last bits may differ
      float[] values = trained.updater().values().get(j).values();
      for (int i = 0; i < values.length; i++) {
        assertThat(values[i])
            .isCloseTo(expected.updater().values().get(j).values()[i], within(1e-5f));
      }
    }
  }

  @Test
  void sgdHasNoState() {
    assertThat(train(configuration("averaging.replicas=2")).updater().isZero()).isTrue();
  }
}
