package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.device.DeviceArray;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Weights;
import org.eqprop.run.Checkpoints;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Imperfect hardware in replicas on Spark. */
class DevicesIT {
  private static final int EPOCHS = 3;
  private static final int ROUNDS = 2;

  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private RunConfiguration configuration(int replicas) {
    return reader(replicas).read();
  }

  private ConfigurationReader reader(int replicas) {
    ConfigurationReader reader = Idx.onQuadrants(folder);
    for (String assignment :
        List.of(
            "data.validation=31",
            "training.epochs=" + EPOCHS,
            "averaging.replicas=" + replicas,
            "averaging.rounds-per-epoch=" + ROUNDS,
            "checkpoint.keep=3",
            "device.state-noise=0.02",
            "device.read-noise=0.01",
            "device.weights.range=0.5",
            "device.weights.levels=64",
            "device.weights.rounding=stochastic",
            "device.mismatch.deviation=0.1",
            "device.update.noise=0.3",
            "device.drift.rate=0.02",
            "device.drift.noise=0.01",
            "device.signs=fixed")) {
      reader = reader.set(assignment);
    }
    return reader;
  }

  private static TrainingSession session(RunConfiguration configuration) {
    return TrainingSession.builder()
        .configuration(configuration)
        .spark(SharedSpark.context())
        .build();
  }

  /** What the replicas and the driver's loop should do, as plain loops in one thread. */
  private static Weights inOneThread(RunConfiguration configuration) {
    var spec = configuration.spec();
    int replicas = configuration.averaging().replicas();
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    DeviceArray devices = spec.newDeviceArray();
    Weights start = spec.initialWeights();
    for (int step = 0; step < EPOCHS * ROUNDS; step++) {
      double[] sum = new double[start.values().length];
      double examples = 0;
      for (int p = 0; p < replicas; p++) {
        try (Relaxer relaxer = spec.newRelaxer()) {
          relaxer.load(start);
          Measurement measured =
              new LocalTrainer(spec, relaxer)
                  .train(
                      plan.read(Storage.local(), Split.TRAINING, p, replicas),
                      new RoundAssignment(step / ROUNDS, step % ROUNDS, ROUNDS, p, replicas),
                      m -> {});
          float[] left = relaxer.weights().values();
          for (int i = 0; i < sum.length; i++) {
            sum[i] += (double) measured.examples() * left[i];
          }
          examples += measured.examples();
        }
      }
      float[] mean = new float[sum.length];
      for (int i = 0; i < sum.length; i++) {
        mean[i] = (float) (sum[i] / examples);
      }
      start = new Weights(spec.network(), mean);
      start = replicas == 1 ? start : devices.averaged(start, step / ROUNDS, step % ROUNDS);
    }
    return start;
  }

  /**
   * Two replicas are programmed with their average. The training is resumed from files, in a
   * separate session.
   */
  @Test
  void trainingGivesTheSameWeightsInOneThreadOnSparkAndResumed() {
    for (int replicas = 1; replicas <= 2; replicas++) {
      RunConfiguration configuration = configuration(replicas);
      String checkpoints = folder + "/c" + replicas;
      Weights trained;
      Measurement tested;
      Weights inOneThread;
      try (TrainingSession session = session(configuration)) {
        Checkpoints written =
            new Checkpoints(Storage.local(), checkpoints, session.configuration());
        trained = session.train(written).weights();
        tested = session.evaluate(Split.TEST);
        inOneThread = inOneThread(session.configuration());
      }
      assertThat(trained).isEqualTo(inOneThread);
      assertThat(folder.resolve("c" + replicas + "/checkpoint-000003.safetensors").toFile())
          .satisfies(file -> assertThat(file.delete()).isTrue());
      List<TrainingState> kept = new ArrayList<>();
      try (TrainingSession session = session(configuration)) {
        new Checkpoints(Storage.local(), checkpoints, session.configuration())
            .newest(warning -> {})
            .ifPresent(kept::add);
      }
      assertThat(kept.get(0).epoch()).isEqualTo(2);
      try (TrainingSession resumed =
          TrainingSession.builder()
              .configuration(configuration)
              .spark(SharedSpark.context())
              .start(kept.get(0))
              .build()) {
        assertThat(resumed.train().weights()).isEqualTo(trained);
        assertThat(resumed.evaluate(Split.TEST)).isEqualTo(tested);
      }
    }
  }

  /** The noise of an evaluation depends on the partition and the position in it. */
  @Test
  void evaluatesEachPartitionWithItsOwnNoise() {
    try (TrainingSession session = session(configuration(2))) {
      RunConfiguration configuration = session.configuration();
      Measurement expected = Measurement.none(2);
      for (int p = 0; p < 2; p++) {
        try (Relaxer relaxer = configuration.spec().newRelaxer()) {
          relaxer.load(session.state().weights());
          relaxer.nameNoise(p);
          expected =
              expected.plus(
                  new Evaluator(relaxer, configuration.evaluation().batch())
                      .measure(session.plan().read(Storage.local(), Split.TEST, p, 2)));
        }
      }
      assertThat(session.evaluate(Split.TEST)).isEqualTo(expected);
    }
  }

  /** An outer optimizer computes weights that the one replica's synapses do not hold yet. */
  @Test
  void programsTheWeightsOfAnOuterOptimizerToo() {
    RunConfiguration configuration =
        reader(1)
            .set("averaging.outer.optimizer=nesterov")
            .set("averaging.outer.momentum=0.5")
            .set("averaging.warm-up.epochs=0")
            .set("device.drift.rate=0")
            .set("device.drift.noise=0")
            .read();
    try (TrainingSession session = session(configuration)) {
      for (float weight : session.train().weights().weight(1)) {
        double level = (weight + 0.5) * 63;
        assertThat(level).isCloseTo(Math.rint(level), org.assertj.core.api.Assertions.within(1e-4));
      }
    }
  }
}
