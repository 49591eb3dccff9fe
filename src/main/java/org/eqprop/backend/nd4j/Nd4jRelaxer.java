package org.eqprop.backend.nd4j;

import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.buffer.DataType;

/** The relaxer made of ND4J operations only; a contrast has the full precision of its type. */
final class Nd4jRelaxer extends KernelRelaxer<Nd4jStates, Parameters> {
  /**
   * @param center m: the first layer learns from x − m
   */
  Nd4jRelaxer(Network network, Relaxation relaxation, DataType type, InputCenter center) {
    super(network, relaxation, new Nd4jKernels(network, type, center));
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    addContrastTo(plus, minus, coefficients, target);
  }
}
