package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Element-wise comparison within a named tolerance. */
public final class Close {
  /** Float64 against float64 golden vectors: sums of a few dozen terms. */
  public static final double FLOAT64 = 1e-10;

  /** Float32 against float64: 24-bit mantissa, two dozen steps of a contraction. */
  public static final double FLOAT32 = 2e-5;

  private Close() {}

  public static double tolerance(DataType type) {
    return type == DataType.DOUBLE ? FLOAT64 : FLOAT32;
  }

  public static void assertClose(
      INDArray actual, INDArray expected, double tolerance, String what) {
    assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
    double difference =
        actual
            .castTo(DataType.DOUBLE)
            .sub(expected.castTo(DataType.DOUBLE))
            .amaxNumber()
            .doubleValue();
    assertThat(difference).as(what).isLessThanOrEqualTo(tolerance);
  }

  public static void assertClose(
      Parameters actual, Parameters expected, double tolerance, String what) {
    for (int k = 1; k <= expected.network().depth(); k++) {
      assertClose(actual.weight(k), expected.weight(k), tolerance, what + " W_" + k);
      assertClose(actual.bias(k), expected.bias(k), tolerance, what + " b_" + k);
    }
  }

  public static void assertClose(Weights actual, Weights expected, double tolerance, String what) {
    assertClose(actual.values(), expected.values(), tolerance, what);
  }

  public static void assertClose(float[] actual, float[] expected, double tolerance, String what) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    }
    assertThat(difference).as(what).isLessThanOrEqualTo(tolerance);
  }

  public static Offset<Double> about(double tolerance) {
    return within(tolerance);
  }
}
