package org.eqprop.extension;

import java.util.List;
import org.eqprop.network.Link;

/**
 * Connects each unit j above to one unit below: A(s)_j = w_j s_{(j+1) mod n}. Both layers have the
 * same size.
 */
record ShiftLink(int inputs) implements Link {
  private static final long serialVersionUID = 1L;

  @Override
  public int outputs() {
    return inputs;
  }

  @Override
  public List<Integer> shape() {
    return List.of(inputs);
  }

  @Override
  public long multiplyAdds() {
    return inputs;
  }

  @Override
  public double initialBound() {
    return 1;
  }

  int below(int j) {
    return (j + 1) % inputs;
  }

  @Override
  public void up(double[] w, double[] at, double[] below, double[] sum) {
    for (int j = 0; j < inputs; j++) {
      sum[j] += w[j] * below[below(j)];
    }
  }

  @Override
  public void down(double[] w, double[] at, double[] above, double[] sum) {
    for (int j = 0; j < inputs; j++) {
      sum[below(j)] += w[j] * above[j];
    }
  }

  @Override
  public void correlate(
      double[] w, double[] at, double[] below, double[] above, double c, double[] sum) {
    for (int j = 0; j < inputs; j++) {
      sum[j] += c * below[below(j)] * above[j];
    }
  }
}
