package org.eqprop.learning;

import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;

/**
 * The operations that the hardware performs per example: counted from the network and the steps,
 * not measured. There are L layers of n_k units; link k has M_k multiply-adds and P_k weights; a
 * phase has T steps. In every step each layer moves once, and each link sends up and down, except
 * the first link, which is computed once for all phases:
 *
 * <pre>
 *   a phase      multiply-adds T·2 Σ_{k≥2} M_k,   weight reads T·2 Σ_{k≥2} P_k,   state updates T Σ n_k
 *   inference    the first link (M_1, P_1), the free phase, the readout
 *   an update    the nudged phases, with a readout taking part in each step (2 M, 2 P);
 *                the contrast: M_1 + 2 Σ_{k≥2} M_k, a readout's M;
 *                weight writes: all parameters, once per batch of B: (Σ P_k + biases)/B per example
 * </pre>
 *
 * <p>One weight read is one weight of a W_k that takes part in one product for one example. A
 * convolution that uses the weight in many places still counts one read; those uses count as
 * multiply-adds. A phase that a tolerance ends early takes fewer operations.
 *
 * @param multiplyAdds multiply-adds of the links' products, according to their definitions
 * @param stateUpdates how often a unit's state is recomputed
 * @param weightReads how often a weight is read
 * @param weightWrites how often a weight or a bias is written
 */
public record Operations(
    double multiplyAdds, double stateUpdates, double weightReads, double weightWrites) {

  /** Returns the operations for the free phase and the outputs of one example. */
  public static Operations inference(ReplicaSpec spec) {
    Network network = spec.network();
    return product(network, 1)
        .plus(phase(network, spec.relaxation().freeSteps(), 0))
        .plus(readout(network, 1));
  }

  /** Returns the operations for one example's share of an update, on top of {@link #inference}. */
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
        .plus(new Operations(contrast.multiplyAdds, 0, 0, 0)) // of states, without weights
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

  /** Returns the sum of both. */
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
   * Returns the energy of all operations, in J.
   *
   * @param costs cost of each operation
   */
  public double energy(OperationCosts costs) {
    return 1e-12
        * (costs.multiplyAdd() * multiplyAdds
            + costs.stateUpdate() * stateUpdates
            + costs.weightRead() * weightReads
            + costs.weightWrite() * weightWrites);
  }

  /** Returns the counts and the energy, keyed by their names in result.json. */
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
