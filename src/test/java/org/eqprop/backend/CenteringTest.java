package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.Close;
import org.eqprop.data.Augmentation;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.Centering;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RateSchedule;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Tests a first layer that learns from x − m. */
class CenteringTest {
  private static final Relaxation RELAXATION =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);

  private static Network network(String sizes) {
    return Network.dense(Arrays.stream(sizes.split("-")).map(Integer::valueOf).toList());
  }

  private static Examples images(int inputs, int count, int classes) {
    Random random = new Random(4);
    byte[] pixels = new byte[count * inputs];
    for (int i = 0; i < pixels.length; i++) {
      boolean dark = i % inputs / 10 % 3 == 0; // throughout the batch
      pixels[i] = dark ? 0 : (byte) (100 + random.nextInt(156));
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(classes);
    }
    return new ByteExamples(pixels, labels, Shape.image(1, inputs));
  }

  private static Relaxer relaxed(
      Network network, Backend backend, DataType type, InputCenter center, Examples images) {
    Relaxer relaxer = backend.relaxer(network, RELAXATION, type, center);
    relaxer.load(Weights.glorotUniform(network, 3));
    int[] order = IntStream.range(0, images.size()).toArray();
    relaxer.clamp(images, order, 0, images.size());
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.4);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.4);
    return relaxer;
  }

  private static Weights contrast(Relaxer relaxer, double[] coefficients) {
    return relaxer.contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
  }

  /**
   * By the chain rule from x − m: W gets c g_W, where g_W is the gradient for x minus m g_b; b gets
   * c' g_b − c m·g_W. This holds whether or not the rates c and c' are the same.
   */
  @ParameterizedTest
  @CsvSource({
    "784-500-10, BLAS, FLOAT, 20",
    "784-500-10, BLAS, FLOAT, 7",
    "784-10, BLAS, FLOAT, 20",
    "30-8-6-4, BLAS, FLOAT, 5",
    "30-8-6-4, ND4J, FLOAT, 5",
    "30-8-6-4, ND4J, DOUBLE, 5",
    "784-100-10, ND4J, FLOAT, 20"
  })
  void learnsAsFromInputsWithoutTheirMean(String sizes, Backend backend, DataType type, int batch) {
    learnsAsWithoutTheMean(sizes, backend, type, batch, 0);
    learnsAsWithoutTheMean(sizes, backend, type, batch, 0.03);
  }

  private static void learnsAsWithoutTheMean(
      String sizes, Backend backend, DataType type, int batch, double apart) {
    Network network = network(sizes);
    int inputs = network.inputs();
    int units = network.size(1);
    Examples images = images(inputs, batch, network.outputs());
    float[] m = images(inputs, 50, 2).statistics().mean();
    try (Relaxer plain = relaxed(network, backend, type, InputCenter.NONE, images);
        Relaxer centered = relaxed(network, backend, type, new InputCenter(m), images)) {
      double[] coefficients = coefficients(network, apart);
      double ratio = coefficients[0] / coefficients[1];
      float[] expected = contrast(plain, coefficients).values();
      int bias = inputs * units;
      double[] step = Arrays.stream(boxed(expected)).toArray();
      for (int j = 0; j < units; j++) {
        double common = 0;
        for (int i = 0; i < inputs; i++) {
          step[i * units + j] -= m[i] * step[bias + j] * ratio;
          common += m[i] * step[i * units + j];
        }
        step[bias + j] -= common;
      }
      float[] actual = contrast(centered, coefficients).values();
      double largest = Arrays.stream(step).map(Math::abs).max().orElseThrow();
      assertThat(largest).isPositive();
      for (int i = 0; i < step.length; i++) {
        assertThat((double) actual[i]).isCloseTo(step[i], Close.about(2e-5 * largest));
      }

      centered.learn(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
      float[] learned = centered.weights().values();
      float[] start = Weights.glorotUniform(network, 3).values();
      for (int i = 0; i < step.length; i++) {
        assertThat((double) learned[i])
            .isCloseTo(start[i] + actual[i], Close.about(2e-5 * largest + 1e-7));
      }
    }
  }

  private static double[] coefficients(Network network, double apart) {
    double[] coefficients = ParameterLayout.of(network).forEveryTensor(0.1);
    for (int tensor = 0; tensor < coefficients.length; tensor++) {
      coefficients[tensor] += apart * tensor;
    }
    return coefficients;
  }

  private static double[] boxed(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  @ParameterizedTest
  @CsvSource({"BLAS", "ND4J"})
  void theNetworkStaysTheSame(Backend backend) {
    Network network = Network.of(30, 8, 6, 4);
    Examples images = images(30, 5, 4);
    InputCenter center = new InputCenter(images.statistics().mean());
    try (Relaxer plain = relaxed(network, backend, DataType.FLOAT, InputCenter.NONE, images);
        Relaxer centered = relaxed(network, backend, DataType.FLOAT, center, images)) {
      for (Equilibrium at : Equilibrium.values()) {
        assertThat(centered.measure(at)).isEqualTo(plain.measure(at));
      }
    }
  }

  /** With any updater, training is the same as with inputs x − m and bias b_1 + m W_1. */
  @ParameterizedTest
  @CsvSource({
    "BLAS, ADAM, 0, 0.004",
    "ND4J, ADAM, 0.01, 0.004",
    "BLAS, NESTEROV, 0.01, 0.02",
    "BLAS, SGD, 0, 0.1"
  })
  void trainsAsFromInputsWithoutTheirMean(
      Backend backend, UpdaterSettings.Kind kind, double decay, double rate) {
    Network network = Network.of(30, 8, 4);
    Examples images = images(30, 40, 4);
    float[] m = images.statistics().mean();
    float[] without = new float[40 * 30];
    int[] labels = new int[40];
    for (int i = 0; i < 40; i++) {
      images.copyTo(i, without, 30 * i);
      labels[i] = images.label(i);
      for (int j = 0; j < 30; j++) {
        without[30 * i + j] -= m[j];
      }
    }
    UpdaterSettings updater = new UpdaterSettings(kind, 0.5, 0.9, 0.99, 1e-6, decay);
    Hyperparameters hyperparameters =
        new Hyperparameters(
            4,
            8,
            List.of(rate, rate),
            List.of(rate / 3, rate / 2),
            RateSchedule.exponential(1),
            0,
            5,
            1,
            Centering.NONE,
            updater,
            Augmentation.NONE);
    InputCenter center = new InputCenter(m);
    float[] centered =
        trained(network, backend, hyperparameters, center, images, center)
            .plusCenter(center)
            .values();
    float[] plain =
        trained(
                network,
                backend,
                hyperparameters,
                InputCenter.NONE,
                new FloatExamples(without, labels, images.shape()),
                InputCenter.NONE)
            .values();
    for (int i = 0; i < plain.length; i++) {
      assertThat((double) centered[i]).isCloseTo(plain[i], Close.about(2e-4));
    }
  }

  private static Weights trained(
      Network network,
      Backend backend,
      Hyperparameters hyperparameters,
      InputCenter center,
      Examples examples,
      InputCenter start) {
    ReplicaSpec spec =
        new ReplicaSpec(
            network,
            RELAXATION,
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            hyperparameters,
            backend,
            center);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.initial(network, 5, start));
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < 4; epoch++) {
        trainer.train(examples, RoundAssignment.whole(epoch), measured -> {});
      }
      return relaxer.weights();
    }
  }
}
