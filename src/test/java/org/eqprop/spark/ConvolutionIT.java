package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Presets;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Weights;
import org.eqprop.run.Checkpoints;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Convolutional networks with everything that belongs to them on Spark: replicas, checkpoints,
 * evaluation.
 */
class ConvolutionIT {
  private static final String READOUT = "cross-entropy";

  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private RunConfiguration configuration(String pooling, String cost, int replicas) {
    ConfigurationReader reader =
        Idx.onQuadrants(folder)
            .set("network.input=[4, 4]")
            .set(
                "network.layers=[{ channels = 5, kernel = 2, padding = 1, pooling = "
                    + pooling
                    + " }, { channels = 6, kernel = 2, stride = 2 }, { units = 4 }]")
            .set("network.mean=median")
            .set("network.deviation=auto")
            .set("network.cost=" + cost)
            .set("relaxation.free-steps=12")
            .set("training.epochs=3")
            .set("training.learning-rates=[0.02, 0.02, 0.01]")
            .set("training.updater.kind=momentum")
            .set("training.updater.weight-decay=1e-4")
            .set("training.augmentation.crop=1")
            .set("training.schedule=cosine")
            .set("estimator.beta=0.2")
            .set("data.validation=30")
            .set("averaging.replicas=" + replicas)
            .set("checkpoint.keep=3");
    return reader.set("averaging.rounds-per-epoch=2").read();
  }

  private static TrainingSessionBuilder session(RunConfiguration configuration) {
    return TrainingSession.builder().configuration(configuration).spark(SharedSpark.context());
  }

  @ParameterizedTest
  @CsvSource({"average, squared-error", "max, squared-error", "none, cross-entropy"})
  void oneReplicaOnSparkGivesTheSameBitsAsTrainingWithoutSpark(String pooling, String cost) {
    RunConfiguration configuration = configuration(pooling, cost, 1);
    try (TrainingSession onSpark = session(configuration).build();
        TrainingSession alone = TrainingSession.builder().configuration(configuration).build()) {
      Weights weights = onSpark.train().weights();
      assertThat(alone.train().weights()).isEqualTo(weights);
      assertThat(weights.network().hasReadout()).isEqualTo(cost.equals(READOUT));
      Measurement measured = onSpark.evaluate(Split.VALIDATION);
      assertThat(alone.evaluate(Split.VALIDATION)).isEqualTo(measured);
      assertThat(measured.examples()).isEqualTo(30);
    }
  }

  @ParameterizedTest
  @CsvSource({"average, cross-entropy", "max, squared-error", "none, squared-error"})
  void aRunResumedFromACheckpointEndsWithTheSameWeights(String pooling, String cost) {
    RunConfiguration configuration = configuration(pooling, cost, 3);
    TrainingState whole;
    Checkpoints written;
    try (TrainingSession session = session(configuration).build()) {
      written = new Checkpoints(Storage.local(), folder + "/c", session.configuration());
      whole = session.train(written);
    }
    for (int epoch = 2; epoch >= 1; epoch--) {
      assertThat(folder.resolve("c/checkpoint-00000" + (epoch + 1) + ".safetensors").toFile())
          .satisfies(file -> assertThat(file.delete()).isTrue());
      TrainingState start = written.newest(warning -> {}).orElseThrow();
      assertThat(start.epoch()).isEqualTo(epoch);
      try (TrainingSession session = session(configuration).start(start).build()) {
        TrainingState rest = session.train();
        assertThat(rest.weights()).isEqualTo(whole.weights());
        assertThat(rest.updater().values()).isEqualTo(whole.updater().values());
      }
    }
  }

  /**
   * Records of CIFAR-10: horizontal or vertical stripes in one of five colours, with noise; or of
   * CIFAR-100, whose records start with a coarse label.
   */
  private static byte[] stripes(int count, long seed, boolean coarse) {
    Random random = new Random(seed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(10);
      int phase = random.nextInt(8);
      if (coarse) {
        bytes.write(0);
      }
      bytes.write(label);
      for (int j = 0; j < 3 * 1024; j++) {
        int along = label % 2 == 0 ? j % 1024 / 32 : j % 32;
        boolean stripe = (along + phase) / 4 % 2 == 0;
        boolean light =
            stripe && ((label / 2 + 1) & (1 << (j / 1024))) > 0; // bits: red, green, blue
        bytes.write((light ? 150 : 50) + random.nextInt(60));
      }
    }
    return bytes.toByteArray();
  }

  private static String layer(int channels) {
    return "{ channels = " + channels + ", kernel = 3, padding = 1, pooling = max, gain = 1 }, ";
  }

  /**
   * With fewer channels, fewer sweeps and lower rates than the presets have; random guessing errs
   * in 90 %.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dchn-cifar10", "dchn-cifar100"})
  void thePresetsForCifarLearnFromImagesOfItsShape(String preset) {
    boolean coarse = preset.endsWith("100");
    String training = Idx.write(folder.resolve("train.bin"), stripes(320, 1, coarse));
    String test = Idx.write(folder.resolve("test.bin"), stripes(100, 2, coarse));
    ConfigurationReader reader = Presets.read(preset);
    for (String assignment :
        new String[] {
          "network.layers=["
              + layer(8)
              + layer(16)
              + layer(16)
              + layer(32)
              + "{ units = "
              + (coarse ? 100 : 10)
              + ", range = linear, gain = 0.3 }]",
          "data.train-images=" + training,
          "data.test-images=" + test,
          "relaxation.free-steps=20",
          "relaxation.nudged-steps=10",
          "training.epochs=16",
          "training.learning-rates=[0.004, 0.004, 0.004, 0.004, 0.004]",
          "training.batch=16",
          "averaging.replicas=2"
        }) {
      reader = reader.set(assignment);
    }
    try (TrainingSession session = session(reader.read()).build()) {
      List<Double> costs = new ArrayList<>();
      var unused = session.train(new Costs(costs));
      assertThat(costs.get(15)).isLessThan(0.85 * costs.get(0));
      if (!coarse) { // only a tenth of the other's outputs ever get a label
        assertThat(session.evaluate(Split.TEST).errorRate()).isLessThan(0.6);
      }
    }
  }

  /** Records the mean cost of each epoch. */
  private record Costs(List<Double> costs) implements TrainingListener {
    @Override
    public void epochStarted(int epoch, Progress progress) {}

    @Override
    public void epochEnded(EpochReport report, TrainingState state) {
      costs.add(report.training().meanCost());
    }
  }
}
