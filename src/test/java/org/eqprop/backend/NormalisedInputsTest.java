package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.eqprop.Idx;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.GradientCheck;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tests what a relaxer and the gradient check clamp if a network normalises its inputs. */
class NormalisedInputsTest {
  private static final Relaxation RELAXATION =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);
  private static final Shape SHAPE = new Shape(4, 2, 2);
  private static final Network PLAIN = Network.of(16, 7, 4);
  private static final Network NETWORK =
      new Network(
          SHAPE,
          PLAIN.layers(),
          PLAIN.links(),
          PLAIN.cost(),
          new Normalisation(List.of(0.1, 0.2, 0.3, 0.4), List.of(0.5, 2.0, 0.25, 1.0)));
  private static final Examples IMAGES = Idx.quadrants(12, 1);

  private static FloatExamples normalised() {
    float[] values = new float[12 * 16];
    int[] labels = new int[12];
    for (int i = 0; i < 12; i++) {
      IMAGES.copyTo(i, values, 16 * i);
      NETWORK.normalisation().apply(values, 16 * i, SHAPE);
      labels[i] = IMAGES.label(i);
    }
    return new FloatExamples(values, labels, Shape.vector(16));
  }

  private static Measurement measured(Relaxer relaxer) {
    relaxer.relaxFree();
    return relaxer.measure(Equilibrium.FREE);
  }

  @Test
  void normalisesEveryExampleButNotGivenValues() {
    int[] order = {7, 2, 9, 4, 0};
    INDArray rows =
        Nd4j.createFromArray(
            Arrays.stream(order, 1, 5).mapToObj(normalised()::values).toArray(float[][]::new));
    int[] labels = Arrays.stream(order, 1, 5).map(IMAGES::label).toArray();
    for (Backend backend : List.of(Backend.BLAS, Backend.ND4J)) {
      try (Relaxer relaxer = backend.relaxer(NETWORK, RELAXATION, DataType.FLOAT);
          Relaxer plain = backend.relaxer(PLAIN, RELAXATION, DataType.FLOAT)) {
        relaxer.load(Weights.glorotUniform(NETWORK, 3));
        plain.load(Weights.glorotUniform(PLAIN, 3));
        plain.clamp(normalised(), order, 1, 5);
        Measurement expected = measured(plain);
        relaxer.clamp(IMAGES, order, 1, 5);
        assertThat(measured(relaxer)).isEqualTo(expected);
        relaxer.clamp(rows, labels);
        assertThat(measured(relaxer)).isEqualTo(expected);
        plain.clamp(IMAGES, order, 1, 5);
        assertThat(measured(plain)).isNotEqualTo(expected);
      }
    }
  }

  @Test
  void checksTheGradientOnNormalisedImages() {
    Weights weights = Weights.glorotUniform(PLAIN, 3);
    try (Parameters own = Parameters.of(NETWORK, DataType.DOUBLE, weights);
        Parameters plain = Parameters.of(PLAIN, DataType.DOUBLE, weights)) {
      List<Double> betas = List.of(0.1);
      List<GradientCheck.Row> expected =
          GradientCheck.of(plain, normalised(), RELAXATION).run(betas);
      assertThat(GradientCheck.of(own, IMAGES, RELAXATION).run(betas)).isEqualTo(expected);
      assertThat(GradientCheck.of(plain, IMAGES, RELAXATION).run(betas)).isNotEqualTo(expected);
    }
  }

  @Test
  void refusesToClampBeforeTheImagesAreMeasured() {
    Network open = NETWORK.normalised(new Normalisation(Normalisation.AUTO, List.of()));
    try (Relaxer relaxer = Backend.BLAS.relaxer(open, RELAXATION, DataType.FLOAT)) {
      assertThatThrownBy(() -> relaxer.clamp(IMAGES, new int[] {0}, 0, 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the training images are not measured yet");
    }
  }
}
