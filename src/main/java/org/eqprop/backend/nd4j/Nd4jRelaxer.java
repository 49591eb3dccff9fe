package org.eqprop.backend.nd4j;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The relaxer made of ND4J operations alone. Everything is column-major and allocated once for each
 * batch size; of equivalent operations it uses the BLAS ones ({@code axpy}, {@code dot}, {@code
 * gemm}), whose overhead is the least.
 */
public final class Nd4jRelaxer implements Relaxer {
  private final Network topology;
  private final Relaxation relaxation;
  private final InputCenter center;
  private final Parameters parameters;
  private final Map<Integer, Nd4jBatch> batches = new HashMap<>();
  private @Nullable Nd4jBatch clamped;

  /**
   * @param center m: the first layer learns from x − m
   */
  public Nd4jRelaxer(Network topology, Relaxation relaxation, DataType type, InputCenter center) {
    this.topology = topology;
    this.center = center;
    this.relaxation = relaxation;
    this.parameters = Parameters.zeros(topology, type);
  }

  @Override
  public Network topology() {
    return topology;
  }

  @Override
  public Relaxation relaxation() {
    return relaxation;
  }

  @Override
  public void load(float[] flat) {
    parameters.set(flat);
  }

  @Override
  public void load(Parameters source) {
    parameters.assign(source);
  }

  @Override
  public float[] parameters() {
    return parameters.toFloats();
  }

  @Override
  public void clamp(ImageSet images, int[] order, int from, int to) {
    int size = to - from;
    int inputs = images.pixelsPerImage();
    float[] pixels = new float[size * inputs];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      int image = order[from + i];
      labels[i] = images.label(image);
      for (int j = 0; j < inputs; j++) {
        pixels[j * size + i] = images.intensity(image, j);
      }
    }
    try (INDArray x = Nd4j.create(pixels, new long[] {size, inputs}, 'f')) {
      clamp(x, labels);
    }
  }

  @Override
  public void clamp(INDArray x, int[] labels) {
    topology.requireExamples(x.columns(), x.rows(), labels.length);
    Nd4jBatch batch =
        batches.computeIfAbsent(
            labels.length, size -> new Nd4jBatch(topology, relaxation, parameters, size, center));
    batch.x.array.assign(x);
    batch.labels = labels.clone();
    float[] oneHot = new float[labels.length * topology.outputs()];
    for (int i = 0; i < labels.length; i++) {
      oneHot[labels[i] * labels.length + i] = 1;
    }
    try (INDArray y = Nd4j.create(oneHot, batch.y.array.shape(), 'f')) {
      batch.y.array.assign(y);
    }
    batch.computeInputDrive();
    clamped = batch;
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    Nd4jBatch batch = batch();
    batch.start(into, from);
    batch.nudge(beta);
    double residual = Double.NaN;
    for (int step = 1; step <= steps; step++) {
      residual = batch.step(into);
      if (residual <= relaxation.tolerance()) {
        return new Convergence(step, residual);
      }
    }
    return new Convergence(steps, residual);
  }

  @Override
  public Measurement measure(Equilibrium at) {
    return batch().measure(at);
  }

  @Override
  public void learn(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    addContrast(plus, minus, coefficients, parameters);
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    batch().addContrast(plus, minus, coefficients, target);
  }

  @Override
  public float[] contrast(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    try (Parameters sum = Parameters.zeros(topology(), parameters.type())) {
      addContrast(plus, minus, coefficients, sum);
      return sum.toFloats();
    }
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    return batch().states(at)[k - 1].array.dup('f');
  }

  @Override
  public int[] predict(Equilibrium at) {
    return batch().predict(at);
  }

  @Override
  public void close() {
    batches.values().forEach(Nd4jBatch::close);
    batches.clear();
    clamped = null;
    parameters.close();
  }

  /** Returns what is clamped; its states are live. */
  Nd4jBatch batch() {
    if (clamped == null) {
      throw new IllegalStateException("no batch is clamped");
    }
    return clamped;
  }
}
