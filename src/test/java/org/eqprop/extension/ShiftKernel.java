package org.eqprop.extension;

import org.eqprop.backend.nd4j.Nd4jLink;
import org.eqprop.backend.nd4j.Nd4jStates;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Link;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The kernel of {@link ShiftLink} for the backend nd4j, registered in META-INF/services. */
public final class ShiftKernel implements Nd4jLink {
  @Override
  public boolean supports(Link link) {
    return link instanceof ShiftLink;
  }

  @Override
  public LinkKernel<Nd4jStates, Parameters> kernel(int k, int batch, Parameters own) {
    return new Kernel((ShiftLink) own.network().link(k), k, batch, own);
  }

  private record Kernel(ShiftLink link, int k, int batch, Parameters own)
      implements LinkKernel<Nd4jStates, Parameters> {
    @Override
    public void up(Nd4jStates below, double gain, Nd4jStates into, boolean add) {
      double[] w = values(own.weight(k));
      double[] from = values(below.array());
      double[] to = add ? values(into.array()) : new double[from.length];
      for (int i = 0; i < to.length; i++) {
        int j = i / batch; // column-major
        to[i] += gain * w[j] * from[link.below(j) * batch + i % batch];
      }
      set(into.array(), to);
    }

    @Override
    public void down(Nd4jStates above, double gain, Nd4jStates into, boolean add) {
      double[] w = values(own.weight(k));
      double[] from = values(above.array());
      double[] to = add ? values(into.array()) : new double[from.length];
      for (int i = 0; i < to.length; i++) {
        int j = i / batch;
        to[link.below(j) * batch + i % batch] += gain * w[j] * from[i];
      }
      set(into.array(), to);
    }

    @Override
    public void correlate(Nd4jStates below, Nd4jStates above, double c, Parameters target) {
      double[] sum = values(target.weight(k));
      double[] low = values(below.array());
      double[] high = values(above.array());
      for (int i = 0; i < high.length; i++) {
        int j = i / batch;
        sum[j] += c * low[link.below(j) * batch + i % batch] * high[i];
      }
      set(target.weight(k), sum);
    }

    private static double[] values(INDArray array) {
      return array.data().asDouble();
    }

    private static void set(INDArray array, double[] values) {
      try (INDArray copy = Nd4j.create(values, array.shape(), 'f')) {
        array.assign(copy);
      }
    }
  }
}
