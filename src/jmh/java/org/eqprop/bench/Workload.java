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
import org.eqprop.learning.LearningRule;
import org.eqprop.network.Network;

/** What is benchmarked: networks, modes, and the images they train on. */
public final class Workload {
  /** Images an operation trains on: whole batches of 20, 100 and 500. */
  public static final int IMAGES = 500;

  /** Images in memory, of which each operation takes the next {@link #IMAGES}. */
  public static final int SET = 10_000;

  /** 20 + 4 synchronous steps of ε ½, random sign, β ½: the paper's network of one hidden layer. */
  public static final String SYNC = "sync";

  /** 5 + 4 even-odd sweeps, centered, β 0.2: this project's default. */
  public static final String EVEN_ODD = "even-odd";

  private Workload() {}

  /** Returns the layer sizes of a name such as {@code 784-500-10}. */
  public static Network network(String name) {
    return Network.dense(Arrays.stream(name.split("-")).map(Integer::valueOf).toList());
  }

  /** Returns how a mode relaxes. */
  public static Relaxation relaxation(String mode) {
    return mode.equals(SYNC)
        ? new Relaxation(Schedule.SYNCHRONOUS, 0.5, 20, 4, 0, NudgedStart.FREE)
        : new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);
  }

  /** Returns how many nudged phases a mode has. */
  public static int nudgedPhases(String mode) {
    return mode.equals(SYNC) ? 1 : 2;
  }

  /** Returns the rule of a network, mode, batch and backend; its learning rates are small. */
  public static LearningRule rule(String sizes, String mode, int batch, Backend backend) {
    Network network = network(sizes);
    List<Double> rates = Collections.nCopies(network.depth(), 0.01);
    return new LearningRule(
        network,
        relaxation(mode),
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
