package org.eqprop.extension;

import java.util.List;
import org.eqprop.learning.TensorStep;
import org.eqprop.learning.Updater;

/** Moves each weight by α against the sign of its gradient (Bernstein et al. 2018, signSGD). */
record SignUpdater() implements Updater {
  @Override
  public int stateSize() {
    return 0;
  }

  @Override
  public void step(
      float[] weights, float[] gradient, List<float[]> state, TensorStep tensor, long update) {
    for (int i = tensor.from(); i < tensor.to(); i++) {
      weights[i] -= (float) (tensor.rate() * Math.signum(gradient[i]));
    }
  }
}
