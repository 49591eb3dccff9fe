package org.eqprop.network;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Energy, cost and total energy of given states, example by example (Scellier &amp; Bengio 2017,
 * eqs. 1–3; the squared norm runs over the input too, which only shifts E by a constant):
 *
 * <pre>
 *   E(s) = ½ Σ_{k≥0} ‖ρ(s_k)‖² − Σ_{k≥1} b_k·ρ(s_k) − Σ_{k≥1} ρ(s_{k−1})ᵀ W_k ρ(s_k)
 *   C(s) = ‖s_L − y‖²
 * </pre>
 *
 * <p>This is the plain definition, for tests, checks and pictures; a relaxer has a faster one for
 * whole batches.
 */
public final class Energy {
  private Energy() {}

  /** Returns ρ(s) = min(1, max(0, s)), a new array of the same shape; {@code s} is not modified. */
  public static INDArray hardSigmoid(INDArray s) {
    return Nd4j.math.clipByValue(s, 0, 1);
  }

  /**
   * Returns E [B].
   *
   * @param parameters W and b; not modified
   * @param states s_0 … s_L, each [B × n_k], any real values; not modified
   */
  public static double[] of(Parameters parameters, List<INDArray> states) {
    List<INDArray> rho = states.stream().map(Energy::hardSigmoid).toList();
    INDArray energy = rho.get(0).mul(rho.get(0)).sum(1).muli(0.5);
    for (int k = 1; k < rho.size(); k++) {
      INDArray s = rho.get(k);
      INDArray field = rho.get(k - 1).mmul(parameters.weight(k)).addiRowVector(parameters.bias(k));
      energy.addi(s.mul(s).sum(1).muli(0.5)).subi(s.mul(field).sum(1));
    }
    return energy.toDoubleVector();
  }

  /**
   * Returns C [B].
   *
   * @param output s_L [B × n_L]; not modified
   * @param target y [B × n_L], one-hot; not modified
   */
  public static double[] cost(INDArray output, INDArray target) {
    INDArray difference = output.sub(target);
    return difference.muli(difference).sum(1).toDoubleVector();
  }
}
