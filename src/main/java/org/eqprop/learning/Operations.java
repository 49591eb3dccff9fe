package org.eqprop.learning;

import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;

/**
 * How much one example asks of the hardware: counted from the network and the steps, not timed. L
 * layers of n_k units; M_k multiply-adds and P_k weights of link k; T steps of a phase. In every
 * step each layer moves once, and each link but the first, which is computed once for all phases,
 * sends up and down:
 *
 * <pre>
 *   a phase      multiply-adds T·2 Σ_{k≥2} M_k,   weight reads T·2 Σ_{k≥2} P_k,   state updates T Σ n_k
 *   inference    the first link (M_1, P_1), the free phase, the readout
 *   an update    the nudged phases, each step of which a readout takes part in (2 M, 2 P);
 *                the contrast: M_1 + 2 Σ_{k≥2} M_k, a readout's M;
 *                weight writes: all parameters, once for a batch of B: (Σ P_k + biases)/B for each example
 * </pre>
 *
 * <p>A weight read is a weight of one W_k that takes part in one product for one example; that a
 * convolution uses it at many places is in the multiply-adds. A phase that ends early by a
 * tolerance takes fewer.
 *
 * @param multiplyAdds of the links' products, as their definitions have them
 * @param stateUpdates how often a unit's state is recomputed
 * @param weightReads how often a weight is read
 * @param weightWrites how often a weight or a bias is written
 */
public record Operations(
    double multiplyAdds, double stateUpdates, double weightReads, double weightWrites) {

  /** Returns what the free phase and the outputs of one example take. */
  public static Operations inference(ReplicaSpec spec) {
    Network network = spec.network();
    return product(network, 1)
        .plus(phase(network, spec.relaxation().freeSteps(), 0))
        .plus(readout(network, 1));
  }

  /** Returns what one example's part in an update takes beyond {@link #inference}. */
  public static Operations update(ReplicaSpec spec) {
    Network network = spec.network();
    Relaxation relaxation = spec.relaxation();
    int phases = spec.estimator().kind() == EstimatorKind.CENTERED ? 2 : 1;
    Operations contrast = product(network, 1).plus(readout(network, 1));
    for (int k = 2; k <= network.depth(); k++) {
      contrast = contrast.plus(product(network, k).times(2));
    }
    double parameters = ParameterLayout.of(network).size();
    return phase(network, relaxation.nudgedSteps(), 2)
        .times(phases)
        .plus(new Operations(contrast.multiplyAdds, 0, 0, 0)) // of states alone
        .plus(new Operations(0, 0, 0, parameters / spec.hyperparameters().batch()));
  }

  private static Operations phase(Network network, int steps, int readouts) {
    Operations step = readout(network, readouts);
    for (int k = 1; k <= network.depth(); k++) {
      step = step.plus(new Operations(0, network.size(k), 0, 0));
      if (k > 1) {
        step = step.plus(product(network, k).times(2));
      }
    }
    return step.times(steps);
  }

  private static Operations readout(Network network, int times) {
    return network.hasReadout()
        ? product(network, network.depth() + 1).times(times)
        : new Operations(0, 0, 0, 0);
  }

  private static Operations product(Network network, int k) {
    int weights = ParameterLayout.of(network).weight(k).size();
    return new Operations(network.link(k).multiplyAdds(), 0, weights, 0);
  }

  /** Returns the sums. */
  public Operations plus(Operations other) {
    return new Operations(
        multiplyAdds + other.multiplyAdds,
        stateUpdates + other.stateUpdates,
        weightReads + other.weightReads,
        weightWrites + other.weightWrites);
  }

  private Operations times(double factor) {
    return new Operations(
        factor * multiplyAdds, factor * stateUpdates, factor * weightReads, factor * weightWrites);
  }

  /**
   * Returns the energy that all of it takes, in J.
   *
   * @param costs of each operation
   */
  public double energy(OperationCosts costs) {
    return 1e-12
        * (costs.multiplyAdd() * multiplyAdds
            + costs.stateUpdate() * stateUpdates
            + costs.weightRead() * weightReads
            + costs.weightWrite() * weightWrites);
  }

  /** Returns the counts and the energy, by the names of result.json. */
  public Map<String, Double> named(OperationCosts costs) {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("multiplyAdds", multiplyAdds);
    named.put("stateUpdates", stateUpdates);
    named.put("weightReads", weightReads);
    named.put("weightWrites", weightWrites);
    named.put("joules", energy(costs));
    return named;
  }
}
