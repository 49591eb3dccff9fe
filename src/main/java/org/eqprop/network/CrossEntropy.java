package org.eqprop.network;

import java.util.Optional;

/**
 * The cross-entropy of a softmax readout outside the energy (Laborieux et al. 2021, §3.3):
 *
 * <pre>
 *   z = s_L V + c      p_j = exp(z_j)/Σ_i exp(z_i)      C = −ln p_y      f = −∂C/∂z = y − p
 * </pre>
 *
 * <p>A nudge adds the force β f Vᵀ to layer L; V and c follow the exact gradient of C at the free
 * equilibrium.
 *
 * @param readout the link from the last layer to the classes
 */
public record CrossEntropy(Dense readout) implements Cost {
  private static final long serialVersionUID = 1L;

  @Override
  public Optional<Link> readoutLink() {
    return Optional.of(readout);
  }

  @Override
  public double curvature() {
    return 0;
  }

  @Override
  public boolean isForceConstant() {
    return false;
  }

  @Override
  public void force(double[] outputs, int label, int at, int n, double[] force) {
    double sum = 0;
    double largest = largest(outputs, at, n);
    for (int j = 0; j < n; j++) {
      force[at + j] = Math.exp(outputs[at + j] - largest);
      sum += force[at + j];
    }
    for (int j = 0; j < n; j++) {
      force[at + j] = (j == label ? 1 : 0) - force[at + j] / sum;
    }
  }

  @Override
  public double value(double[] outputs, int label, int at, int n) {
    double largest = largest(outputs, at, n);
    double sum = 0;
    for (int j = 0; j < n; j++) {
      sum += Math.exp(outputs[at + j] - largest);
    }
    return Math.log(sum) + largest - outputs[at + label];
  }

  /** Returns the largest output, which is subtracted from all so that exp stays finite. */
  private static double largest(double[] outputs, int at, int n) {
    double largest = outputs[at];
    for (int j = 1; j < n; j++) {
      largest = Math.max(largest, outputs[at + j]);
    }
    return largest;
  }

  @Override
  public String toString() {
    return "cross-entropy";
  }
}
