package org.eqprop.learning;

import org.eqprop.base.InputException;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The gradient of the mean cost at the free equilibrium, without any nudge: recurrent
 * backpropagation (Almeida 1987; Pineda 1987; related to equilibrium propagation by Scellier &amp;
 * Bengio 2019). At a fixed point s = ρ(u(s)), u_k = b_k + s_{k−1}W_k + s_{k+1}W_{k+1}ᵀ, the adjoint
 * v solves
 *
 * <pre>
 *   v_k = D_k (∂C/∂s_k + v_{k−1}W_k + v_{k+1}W_{k+1}ᵀ),   D_k = 1 where 0 &lt; u_k &lt; 1, else 0
 *   ∂C/∂W_k = s_{k−1}ᵀ v_k + v_{k−1}ᵀ s_k,   ∂C/∂b_k = Σ v_k
 * </pre>
 *
 * (summed over the batch; W_k acts on both its layers, and v_0 = 0 since the input is clamped). It
 * is what equilibrium propagation is checked against.
 */
public final class LossGradient {
  private static final int MAX_SWEEPS = 10_000;
  private static final double CONVERGED = 1e-14;

  private final Parameters parameters;
  private final INDArray[] states;
  private final INDArray[] active;
  private final INDArray[] adjoint;
  private final int depth;

  private LossGradient(Parameters parameters, INDArray[] states) {
    this.parameters = parameters;
    this.states = states;
    this.depth = parameters.topology().depth();
    this.active = new INDArray[depth + 1];
    this.adjoint = new INDArray[depth + 1];
    for (int k = 1; k <= depth; k++) {
      INDArray u = neighbours(states, k, true).addiRowVector(parameters.bias(k));
      active[k] = u.gt(0).castTo(u.dataType()).muli(u.lt(1).castTo(u.dataType()));
      adjoint[k] = Nd4j.zerosLike(states[k]);
    }
  }

  /**
   * Computes the gradient.
   *
   * @param parameters W and b; not modified
   * @param states s_0 … s_L at the free equilibrium, each [B × n_k]; not modified
   * @param target y [B × n_L], one-hot; not modified
   * @return ∂(mean C)/∂θ, the caller's to close
   * @throws InputException if the adjoint does not converge
   */
  public static Parameters of(Parameters parameters, INDArray[] states, INDArray target) {
    LossGradient gradient = new LossGradient(parameters, states);
    gradient.solve(states[states.length - 1].sub(target).muli(2));
    return gradient.assemble();
  }

  private void solve(INDArray costGradient) {
    double largest = 0;
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
      largest = 0;
      for (int k = depth; k >= 1; k--) {
        INDArray next = neighbours(adjoint, k, false);
        if (k == depth) {
          next.addi(costGradient);
        }
        next.muli(active[k]);
        largest = Math.max(largest, Transforms.abs(next.sub(adjoint[k])).maxNumber().doubleValue());
        adjoint[k] = next;
      }
      if (largest < CONVERGED) {
        return;
      }
    }
    throw new InputException(
        "the adjoint of recurrent backpropagation does not converge: after "
            + MAX_SWEEPS
            + " sweeps it still moves by "
            + largest
            + "; expected weights that contract");
  }

  private INDArray neighbours(INDArray[] layers, int k, boolean withInput) {
    INDArray sum = Nd4j.zerosLike(states[k]);
    if (k > 1 || withInput) {
      sum.addi(layers[k - 1].mmul(parameters.weight(k)));
    }
    if (k < depth) {
      sum.addi(layers[k + 1].mmul(parameters.weight(k + 1).transpose()));
    }
    return sum;
  }

  private Parameters assemble() {
    Network topology = parameters.topology();
    Parameters gradient = Parameters.zeros(topology, parameters.type());
    double perExample = 1.0 / states[0].rows();
    for (int k = 1; k <= depth; k++) {
      gradient.weight(k).addi(states[k - 1].transpose().mmul(adjoint[k]).muli(perExample));
      if (k > 1) {
        gradient.weight(k).addi(adjoint[k - 1].transpose().mmul(states[k]).muli(perExample));
      }
      gradient.bias(k).addi(adjoint[k].sum(0).reshape(1, topology.size(k)).muli(perExample));
    }
    return gradient;
  }
}
