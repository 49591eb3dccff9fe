package org.eqprop.backend.cuda;

import java.util.List;
import java.util.function.Consumer;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The relaxer for NVIDIA's GPUs, float32. One kernel carries out a list of operations; see {@code
 * relax.cu}. Calls are added to the list ({@link CudaScript}), which runs when a result is needed.
 * {@link #train} adds a whole round to it ({@link CudaTraining}), so that the weights stay on the
 * card and the host is not involved in between.
 */
public final class CudaRelaxer implements Relaxer {
  private final Network network;
  private final Relaxation relaxation;
  private final CudaStream stream;
  private final CudaNetwork card;
  private final CudaSignals signals;
  private final CudaCenter center;
  private final CudaExamples examples;
  private final CudaMeasurements measurements;
  private final CudaScript script;
  private final CudaPhases phases;
  private final CudaTraining training;
  private int batch;

  /**
   * @param place the GPU, and the share of it to use
   * @param center m: the first layer learns from x − m
   */
  public CudaRelaxer(Network network, Relaxation relaxation, CudaPlace place, InputCenter center) {
    this.network = network;
    this.relaxation = relaxation;
    CudaDevice device = CudaDevice.of(place.device());
    int blocks = Math.max(1, device.multiprocessors() / place.sharing());
    this.stream = new CudaStream(device);
    this.card = new CudaNetwork(stream, network);
    this.signals = new CudaSignals(stream);
    boolean inBlocks = relaxation.tolerance() == 0 && card.fitsInBlocks();
    this.center = new CudaCenter(stream, center, network.inputs());
    this.examples = new CudaExamples(stream, card, this.center, network.inputs());
    this.measurements = new CudaMeasurements(stream, network.depth());
    this.script =
        new CudaScript(stream, card, examples, measurements, signals, network, relaxation, blocks);
    this.phases = new CudaPhases(script, network, relaxation, inBlocks);
    this.training = new CudaTraining(card, examples, measurements, script, phases);
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Relaxation relaxation() {
    return relaxation;
  }

  @Override
  public void load(Weights weights) {
    weights.requireFor(network);
    script.run();
    card.load(weights);
  }

  @Override
  public void load(Parameters parameters) {
    parameters.requireFor(network);
    load(parameters.toWeights());
  }

  @Override
  public Weights weights() {
    script.run();
    return card.weights();
  }

  @Override
  public void clamp(Examples images, int[] order, int from, int to) {
    network.requireExamples(images.shape().size(), to - from, to - from);
    script.run();
    prepare(to - from);
    examples.place(images, order, from, to);
    script.add(CudaOp.drive(batch, 0));
  }

  @Override
  public void clamp(INDArray values, int[] classes) {
    network.requireExamples(values.columns(), values.rows(), classes.length);
    script.run();
    prepare(classes.length);
    examples.place(values, classes);
    script.add(CudaOp.drive(batch, 0));
  }

  private void prepare(int size) {
    batch = size;
    card.reserve(size);
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    requireBatch();
    phases.add(batch, 0, into, from, steps, beta);
    if (relaxation.tolerance() == 0 || steps == 0) {
      return new Convergence(steps, Double.NaN);
    }
    script.run();
    return signals.lastPhase();
  }

  private void requireBatch() {
    if (batch == 0) {
      throw new IllegalStateException("no batch is clamped");
    }
  }

  @Override
  public Measurement measure(Equilibrium at) {
    requireBatch();
    measurements.reserve(batch);
    script.add(CudaOp.measure(batch, 0, at, 0));
    script.run();
    return measurements.sum(measurements.download(batch), 0, batch);
  }

  @Override
  public void learn(Equilibrium plus, Equilibrium minus, double[] factor) {
    requireBatch();
    script.addLearning(batch, 0, plus, minus, factor, false);
  }

  @Override
  public void addContrast(Equilibrium plus, Equilibrium minus, double[] factor, Parameters target) {
    target.add(contrast(plus, minus, factor));
  }

  @Override
  public Weights contrast(Equilibrium plus, Equilibrium minus, double[] factor) {
    requireBatch();
    script.add(CudaOp.clear());
    script.addLearning(batch, 0, plus, minus, factor, true);
    script.run();
    return card.contrast();
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    script.run();
    int units = network.size(k);
    float[] rows = rows(at, k);
    return Floats.array(rows, batch, units).dup('f');
  }

  private float[] rows(Equilibrium at, int k) {
    requireBatch();
    int units = network.size(k);
    int pitch = CudaNetwork.pitch(units);
    float[] padded = new float[batch * pitch];
    stream.download(card.state(at, k), padded);
    float[] rows = new float[batch * units];
    for (int e = 0; e < batch; e++) {
      System.arraycopy(padded, e * pitch, rows, e * units, units);
    }
    return rows;
  }

  /**
   * Sets s_k of an equilibrium.
   *
   * @param rows [B × n_k], row-major
   */
  void setState(Equilibrium at, int k, float[] rows) {
    script.run();
    stream.upload(CudaNetwork.padded(rows, batch, network.size(k)), card.state(at, k));
  }

  @Override
  public int[] predict(Equilibrium at) {
    script.run();
    int outputs = network.outputs();
    float[] rows = rows(at, network.depth());
    int[] classes = new int[batch];
    for (int e = 0; e < batch; e++) {
      for (int j = 1; j < outputs; j++) {
        if (rows[e * outputs + j] > rows[e * outputs + classes[e]]) {
          classes[e] = j;
        }
      }
    }
    return classes;
  }

  @Override
  public void train(
      Examples images, int[] order, List<TrainingStep> steps, Consumer<Measurement> progress) {
    network.requireExamples(images.shape().size(), 0, 0);
    script.run();
    batch = 0;
    training.train(images, order, steps, progress);
  }

  @Override
  public void close() {
    script.clear();
    stream.synchronize();
    examples.close();
    script.close();
    measurements.close();
    center.close();
    signals.close();
    card.close();
    stream.close();
  }
}
