package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Hocon;
import org.eqprop.data.FloatExamples;
import org.eqprop.dynamics.ClampedKernel;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Kernels;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the computed counts match what the relaxation actually calls in its kernels. */
class OperationsTest {
  private static final String CONVOLUTIONS =
      """
      network {
        input = [2, 12, 12]
        layers = [
          { channels = 3, kernel = 3, padding = 1, pooling = average, pool = 2 }
          { channels = 4, kernel = 3, pooling = max, pool = 2 }
          { units = 5 }
        ]
        cost = COST
      }
      training { learning-rates = [0.1, 0.1, 0.1], batch = 7 }
      """;

  private static ReplicaSpec spec(String text) {
    return new ConfigurationReader()
        .keys(Hocon.parse(text, "the test", Hocon.Source.USER))
        .read()
        .spec();
  }

  /** Counts calls by name and link or layer; computes nothing. */
  private static final class Counting implements InvocationHandler {
    private final Network network;
    private final Map<String, Integer> calls = new TreeMap<>();

    Counting(Network network) {
      this.network = network;
    }

    private Object link(Class<?> kind, int k) {
      return Proxy.newProxyInstance(
          kind.getClassLoader(),
          new Class<?>[] {kind},
          (proxy, method, arguments) -> {
            calls.merge(method.getName() + " " + k, 1, Integer::sum);
            return null;
          });
    }

    @Override
    public @Nullable Object invoke(
        Object proxy, java.lang.reflect.Method method, Object[] arguments) {
      return switch (method.getName()) {
        case "link" -> link(LinkKernel.class, (Integer) arguments[0]);
        case "clamped" -> link(ClampedKernel.class, 1);
        case "states" -> {
          int layer = Math.min((Integer) arguments[1], network.depth());
          yield new double[(Integer) arguments[0] * network.size(layer)];
        }
        case "rows" -> new float[((double[]) arguments[0]).length];
        case "parameters" -> new double[0];
        case "move" -> {
          calls.merge("move", ((double[]) arguments[0]).length, Integer::sum);
          yield null;
        }
        case "receive" -> false;
        default -> null;
      };
    }

    int of(String call) {
      return calls.getOrDefault(call, 0);
    }
  }

  private static Counting counted(ReplicaSpec spec, boolean update) {
    Network network = spec.network();
    Counting counting = new Counting(network);
    @SuppressWarnings("unchecked")
    Kernels<double[], double[]> kernels =
        (Kernels<double[], double[]>)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, counting);
    KernelRelaxer<double[], double[]> relaxer =
        new KernelRelaxer<>(network, spec.relaxation(), kernels);
    relaxer.clamp(
        new FloatExamples(new float[network.inputs()], new int[1], network.input()),
        new int[] {0},
        0,
        1);
    relaxer.relaxFree();
    if (update) {
      counting.calls.clear();
      relaxer.relaxNudged(Equilibrium.NUDGED, 0.1);
      if (spec.estimator().kind() == EstimatorKind.CENTERED) {
        relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.1);
      }
      relaxer.learn(Equilibrium.NUDGED, Equilibrium.FREE, new double[2 * network.weightLayers()]);
    }
    return counting;
  }

  /** Products of the phases: sent up and down, and sent up from the clamped input. */
  private static double sent(ReplicaSpec spec, Counting counted) {
    double sum = 0;
    for (int k = 1; k <= spec.network().weightLayers(); k++) {
      int times = counted.of("up " + k) + counted.of("down " + k) + counted.of("drive " + k);
      sum += (double) times * spec.network().link(k).multiplyAdds();
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topology = [6, 5, 4, 3], training.learning-rates = [1, 1, 1], training.batch = 7",
        "topology = [6, 3], training.learning-rates = [1], estimator.kind = one-sided, training.batch = 7",
        "squared-error",
        "cross-entropy"
      })
  void theCountsMatchTheRelaxation(String text) {
    ReplicaSpec spec =
        spec(
            text.endsWith("error") || text.endsWith("entropy")
                ? CONVOLUTIONS.replace("COST", text)
                : text);
    Network network = spec.network();
    int last = network.weightLayers();

    Counting free = counted(spec, false);
    Operations inference = Operations.inference(spec);
    double outputs = network.hasReadout() ? network.link(last).multiplyAdds() : 0;
    assertThat(inference.multiplyAdds()).isEqualTo(sent(spec, free) + outputs);
    assertThat(inference.stateUpdates()).isEqualTo(free.of("move"));
    assertThat(inference.weightWrites()).isZero();

    Counting nudged = counted(spec, true);
    Operations update = Operations.update(spec);
    double contrast = network.link(1).multiplyAdds() + outputs;
    for (int k = 2; k <= network.depth(); k++) {
      assertThat(nudged.of("contrast " + k)).isOne();
      contrast += 2.0 * network.link(k).multiplyAdds();
    }
    assertThat(nudged.of("addContrast 1")).isOne();
    // With a readout, the contrast computes the force once more, which training itself does not
    // need.
    double descent = outputs * (nudged.of("up " + last) - nudgedSteps(spec));
    assertThat(update.multiplyAdds())
        .isEqualTo(sent(spec, nudged) - (network.hasReadout() ? descent : 0) + contrast);
    assertThat(update.stateUpdates()).isEqualTo(nudged.of("move"));
    assertThat(update.weightWrites()).isEqualTo(parameters(network) / 7.0, within(1e-9));
  }

  private static int nudgedSteps(ReplicaSpec spec) {
    int phases = spec.estimator().kind() == EstimatorKind.CENTERED ? 2 : 1;
    return phases * spec.relaxation().nudgedSteps();
  }

  private static double parameters(Network network) {
    double sum = 0;
    for (int k = 1; k <= network.weightLayers(); k++) {
      sum += network.link(k).shape().stream().reduce(1, (a, b) -> a * b) + network.link(k).biases();
    }
    return sum;
  }

  /** 784-500-10 computed by hand: five free sweeps and two nudged phases of four sweeps each. */
  @ParameterizedTest
  @ValueSource(ints = 20)
  void theDefaultNetworkMatchesACountByHand(int batch) {
    ReplicaSpec spec = spec("");
    assertThat(spec.hyperparameters().batch()).isEqualTo(batch);
    OperationCosts costs = new OperationCosts(4.6, 5, 5, 5);
    Operations inference = Operations.inference(spec);
    assertThat(inference).isEqualTo(new Operations(392_000 + 10 * 5_000, 5 * 510, 442_000, 0));
    assertThat(inference.energy(costs))
        .isEqualTo(1e-12 * (4.6 * 442_000 + 5 * 2_550 + 5 * 442_000), within(1e-20));
    assertThat(Operations.update(spec))
        .isEqualTo(
            new Operations(2 * 4 * 10_000 + 392_000 + 10_000, 8 * 510, 80_000, 397_510.0 / batch));
    assertThat(List.copyOf(inference.named(costs).keySet()))
        .isEqualTo(
            Arrays.asList("multiplyAdds", "stateUpdates", "weightReads", "weightWrites", "joules"));
  }
}
