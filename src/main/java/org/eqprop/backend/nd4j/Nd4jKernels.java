package org.eqprop.backend.nd4j;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.ClampedKernel;
import org.eqprop.dynamics.ClampedLink;
import org.eqprop.dynamics.Kernels;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Kernels made of ND4J operations only. Everything is column-major. Of equivalent operations they
 * use the BLAS ones ({@code axpy}, {@code dot}, {@code gemm}), which have the least overhead.
 */
final class Nd4jKernels implements Kernels<Nd4jStates, Parameters> {
  private final Network network;
  private final DataType type;
  private final InputCenter center;

  /** Columns of ones by their length. */
  private final Map<Long, INDArray> ones = new HashMap<>();

  /**
   * @param type {@link DataType#FLOAT} or {@link DataType#DOUBLE}
   * @param center m: the first layer learns from x − m
   */
  Nd4jKernels(Network network, DataType type, InputCenter center) {
    this.network = network;
    this.type = type;
    this.center = center;
  }

  @Override
  public Nd4jStates states(int batch, int k) {
    return new Nd4jStates(type, batch, network.size(k));
  }

  @Override
  public void closeStates(Nd4jStates states) {
    states.close();
  }

  @Override
  public void clear(Nd4jStates states) {
    states.array().assign(0);
  }

  @Override
  public void copy(Nd4jStates from, Nd4jStates into) {
    into.set(from);
  }

  @Override
  public void gather(Nd4jStates from, int[] rows, Nd4jStates into) {
    try (INDArray chosen = from.array().getRows(rows)) {
      into.array().assign(chosen);
    }
  }

  @Override
  public void scatter(Nd4jStates from, int[] rows, Nd4jStates into) {
    for (int i = 0; i < rows.length; i++) {
      into.array().getRow(rows[i]).assign(from.array().getRow(i));
    }
  }

  @Override
  public void assign(INDArray values, Nd4jStates into) {
    into.array().assign(values);
  }

  @Override
  public float[] rows(Nd4jStates states) {
    return new float[(int) states.array().length()];
  }

  @Override
  public void filled(Nd4jStates states, float[] rows) {
    try (INDArray values = Floats.array(rows, states.array().shape())) {
      states.array().assign(values);
    }
  }

  @Override
  public void set(Nd4jStates states, double[] values) {
    try (INDArray rows = Nd4j.create(values, states.array().shape(), 'c')) {
      states.array().assign(rows);
    }
  }

  @Override
  public void values(Nd4jStates states, double[] into) {
    long columns = states.array().columns();
    long rows = states.array().rows();
    double[] byColumn = states.array().data().asDouble();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        into[(int) (i * columns + j)] = byColumn[(int) (j * rows + i)];
      }
    }
  }

  @Override
  public INDArray array(Nd4jStates states) {
    return states.array().dup('f');
  }

  @Override
  public void settle(Nd4jStates states) {}

  @Override
  public void scale(Nd4jStates target, double factor, Nd4jStates a) {
    target.array().assign(0);
    target.add(factor, a);
  }

  @Override
  public void add(Nd4jStates target, double factor, Nd4jStates a) {
    target.add(factor, a);
  }

  @Override
  public void subtract(Nd4jStates target, Nd4jStates a, Nd4jStates b) {
    target.set(a);
    target.add(-1, b);
  }

  @Override
  public void scaleRows(Nd4jStates target, Nd4jStates a, float[] weights) {
    if (target != a) {
      target.set(a);
    }
    try (INDArray column = Floats.array(weights, weights.length, 1);
        INDArray factors = column.castTo(type)) {
      target.array().muliColumnVector(factors);
    }
  }

  @Override
  public double dot(Nd4jStates a, Nd4jStates b) {
    return a.dot(b);
  }

  @Override
  public boolean receive(Nd4jStates input, Nd4jStates drive, Nd4jStates s, double keep) {
    input.set(drive);
    if (keep != 0) {
      input.add(keep, s);
    }
    return true;
  }

  @Override
  public void disturb(Nd4jStates input, float[] noise) {
    try (INDArray rows = Floats.array(noise, input.array().shape());
        INDArray typed = rows.castTo(type)) {
      input.array().addi(typed);
    }
  }

  @Override
  public void move(
      Nd4jStates s,
      Nd4jStates input,
      Nd4jStates drive,
      double keep,
      Range range,
      double @Nullable [] moves) {
    if (range.low() > Double.NEGATIVE_INFINITY) {
      Transforms.max(input.array(), range.low(), false);
    }
    if (range.high() < Double.POSITIVE_INFINITY) {
      Transforms.min(input.array(), range.high(), false);
    }
    s.swap(input);
    if (moves == null) {
      return;
    }
    input.add(-1, s);
    Transforms.abs(input.array(), false); // amax(1) of a single column would leave the signs
    try (INDArray largest =
        input.array().columns() == 1 ? input.array().dup() : input.array().max(1)) {
      for (int i = 0; i < moves.length; i++) {
        moves[i] = Math.max(moves[i], largest.getDouble(i));
      }
    }
  }

  @Override
  public Parameters parameters() {
    return Parameters.zeros(network, type);
  }

  @Override
  public void closeParameters(Parameters parameters) {
    parameters.close();
    ones.values().forEach(INDArray::close);
    ones.clear();
  }

  @Override
  public void clearParameters(Parameters parameters) {
    for (int k = 1; k <= network.weightLayers(); k++) {
      parameters.weight(k).assign(0);
      parameters.bias(k).assign(0);
    }
  }

  @Override
  public void load(Weights from, Parameters into) {
    into.set(from);
  }

  @Override
  public void load(Parameters from, Parameters into) {
    into.assign(from);
  }

  @Override
  public Weights toWeights(Parameters parameters) {
    return parameters.toWeights();
  }

  private INDArray ones(INDArray columns) {
    return ones.computeIfAbsent(columns.size(0), count -> Nd4j.ones(type, count, 1));
  }

  /** Returns the states with one column per bias, live. */
  private INDArray columns(int k, Nd4jStates rows) {
    return rows.columns(network.link(k).biases());
  }

  @Override
  public void spreadBias(Parameters parameters, int k, Nd4jStates rows) {
    INDArray columns = columns(k, rows);
    Nd4jDense.gemm(ones(columns), false, parameters.bias(k), false, 1, 0, columns);
  }

  @Override
  public void addToBias(Parameters parameters, int k, double c, Nd4jStates rows) {
    INDArray columns = columns(k, rows);
    Nd4jDense.gemm(ones(columns), true, columns, false, c, 1, parameters.bias(k));
  }

  @Override
  public LinkKernel<Nd4jStates, Parameters> link(int k, int batch, Parameters own) {
    return Nd4jLink.of(network.link(k)).kernel(k, batch, own);
  }

  @Override
  public ClampedKernel<Nd4jStates, Parameters> clamped(int batch, Nd4jStates x, Parameters own) {
    return network.link(1) instanceof Dense
        ? new Nd4jClamped(batch, x, own, center)
        : new ClampedLink<>(this, batch, x, own);
  }
}
