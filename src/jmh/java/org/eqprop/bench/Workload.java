package org.eqprop.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;
import org.eqprop.backend.Backend;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;

/** The workloads of the benchmarks: networks, modes, and the images that they train on. */
public final class Workload {
  /** Images per operation: whole batches of 16, 20, 100 and 500. */
  public static final int IMAGES = 2000;

  /** Images in memory, of which each operation takes the next {@link #IMAGES}. */
  public static final int SET = 10_000;

  /**
   * 20 + 4 synchronous steps of ε ½, random sign, β ½: as for the paper's network with one hidden
   * layer.
   */
  public static final String SYNC = "sync";

  /** 5 + 4 even-odd sweeps, centered, β 0.2: this project's default. */
  public static final String EVEN_ODD = "even-odd";

  private Workload() {}

  /**
   * Returns the network with a name: layer sizes such as {@code 784-500-10}, or {@code conv-32-64},
   * two convolutions of 5 × 5 with averages of 2 × 2 between 28 × 28 inputs and 10 outputs.
   */
  public static Network network(String name) {
    if (!isConvolution(name)) {
      return Network.dense(Arrays.stream(name.split("-")).map(Integer::valueOf).toList());
    }
    String[] channels = name.split("-");
    Shape input = Shape.image(28, 28);
    Convolution first = convolution(input, channels[1]);
    Convolution second = convolution(first.output(), channels[2]);
    return new Network(
        input,
        List.of(
            new Layer(first.output(), Range.HARD_SIGMOID, 0.6),
            new Layer(second.output(), Range.HARD_SIGMOID, 0.6),
            new Layer(10, Range.HARD_SIGMOID, 0.6)),
        List.of(first, second, new Dense(second.outputs(), 10)),
        new SquaredError());
  }

  private static Convolution convolution(Shape input, String channels) {
    return new Convolution(input, Integer.parseInt(channels), 5, 1, 0, Pooling.AVERAGE, 2);
  }

  /** Returns whether a name is that of a network of convolutions. */
  public static boolean isConvolution(String name) {
    return name.startsWith("conv-");
  }

  /**
   * Returns how a network relaxes in a mode; networks of convolutions use 10 + 4 sweeps or steps.
   */
  public static Relaxation relaxation(String name, String mode) {
    if (isConvolution(name)) {
      return new Relaxation(
          mode.equals(SYNC) ? Schedule.SYNCHRONOUS : Schedule.EVEN_ODD,
          0.5,
          10,
          4,
          0,
          NudgedStart.FREE);
    }
    return mode.equals(SYNC)
        ? new Relaxation(Schedule.SYNCHRONOUS, 0.5, 20, 4, 0, NudgedStart.FREE)
        : new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);
  }

  /** Returns the number of nudged phases of a mode. */
  public static int nudgedPhases(String mode) {
    return mode.equals(SYNC) ? 1 : 2;
  }

  /**
   * Returns the spec for a network, mode, batch and backend. The learning rates are small, except
   * for convolutions, which have the preset's: their speed depends on how many of their states are
   * zero.
   */
  public static ReplicaSpec spec(String sizes, String mode, int batch, Backend backend) {
    Network network = network(sizes);
    List<Double> rates =
        isConvolution(sizes)
            ? List.of(0.25, 0.1, 0.03)
            : Collections.nCopies(network.depth(), 0.01);
    return new ReplicaSpec(
        network,
        relaxation(sizes, mode),
        mode.equals(SYNC)
            ? new GradientEstimator(EstimatorKind.RANDOM_SIGN, 0.5)
            : new GradientEstimator(EstimatorKind.CENTERED, 0.2),
        new Hyperparameters(1, batch, rates, 1, 0, 1),
        backend);
  }

  /** Returns the first training images of MNIST. */
  public static Examples images() {
    return IdxSource.MNIST_TRAINING.read(Storage.local(), new Slice(0, SET), 10);
  }
}
