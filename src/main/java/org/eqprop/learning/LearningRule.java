package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.dynamics.Backend;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.model.Topology;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * All that decides how a replica learns.
 *
 * @param topology the layer sizes
 * @param relaxation how the network relaxes
 * @param estimator how the gradient is estimated
 * @param hyperparameters how the weights follow it
 * @param backend what computes
 */
public record LearningRule(
    Topology topology,
    Relaxation relaxation,
    Estimator estimator,
    Hyperparameters hyperparameters,
    Backend backend)
    implements Serializable {

  /** Returns this rule with every learning rate multiplied. */
  public LearningRule scaled(double factor) {
    return new LearningRule(
        topology, relaxation, estimator, hyperparameters.scaled(factor), backend);
  }

  /** Creates a float32 relaxer for this network, its parameters zero. */
  public Relaxer newRelaxer() {
    return backend.relaxer(topology, relaxation, DataType.FLOAT);
  }
}
