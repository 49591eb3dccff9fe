package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;

/**
 * The list of operations that the kernel carries out, and their coefficients. Operations are added
 * to the list; {@link #run} copies it to the GPU, starts the kernel once and empties the list.
 */
final class CudaScript implements AutoCloseable {
  /** The size of the kernel's {@code Work}. */
  private static final int WORK_BYTES = 15 * Long.BYTES;

  private final CudaStream stream;
  private final CudaNetwork card;
  private final CudaExamples examples;
  private final CudaMeasurements measurements;
  private final CudaSignals signals;
  private final int blocks;
  private final int depth;
  private final boolean synchronous;

  private final List<CudaOp> operations = new ArrayList<>();
  private final List<double[]> coefficients = new ArrayList<>();
  private final CudaBuffer script;
  private final CudaBuffer factors;

  /**
   * Creates an empty list. The memory that its operations read and write is closed by its owner.
   *
   * @param blocks how many blocks of the kernel run
   */
  CudaScript(
      CudaStream stream,
      CudaNetwork card,
      CudaExamples examples,
      CudaMeasurements measurements,
      CudaSignals signals,
      Network network,
      Relaxation relaxation,
      int blocks) {
    this.stream = stream;
    this.card = card;
    this.examples = examples;
    this.measurements = measurements;
    this.signals = signals;
    this.blocks = blocks;
    this.depth = network.depth();
    this.synchronous = relaxation.schedule() == Schedule.SYNCHRONOUS;
    this.script = new CudaBuffer(stream);
    this.factors = new CudaBuffer(stream);
  }

  /** Appends an operation to the list. */
  void add(CudaOp operation) {
    operations.add(operation);
  }

  /**
   * Appends an update by the contrast of two equilibria to the list.
   *
   * @param size B
   * @param row of the examples at which the batch starts
   * @param factor coefficients of W_1, b_1, W_2, …; must not be modified until the list has run
   * @param contrast whether the contrast's parameters change instead of the network's
   */
  void addLearning(
      int size, int row, Equilibrium plus, Equilibrium minus, double[] factor, boolean contrast) {
    operations.add(CudaOp.learn(size, row, plus, minus, coefficients.size() * tensors(), contrast));
    coefficients.add(factor);
  }

  private int tensors() {
    return 2 * depth;
  }

  /** Drops the operations on the list that have not run. */
  void clear() {
    operations.clear();
    coefficients.clear();
  }

  /** Starts the kernel for the operations on the list, if there are any; does not wait for it. */
  void run() {
    if (operations.isEmpty()) {
      return;
    }
    signals.clearBarrier();
    Memory work = new Memory(WORK_BYTES);
    ByteBuffer fields = work.getByteBuffer(0, WORK_BYTES);
    fields.putLong(card.table()).putLong(depth).putLong(synchronous ? 1 : 0);
    fields.putLong(uploadOperations()).putLong(operations.size());
    fields.putLong(examples.x()).putLong(examples.halfSquares()).putLong(examples.biasWeights());
    fields.putLong(examples.labels()).putLong(examples.center()).putLong(uploadCoefficients());
    fields.putLong(measurements.address()).putLong(signals.ends()).putLong(signals.residuals());
    fields.putLong(signals.barrier());
    boolean inBlocks = operations.stream().anyMatch(o -> o.code() == CudaOp.PHASES);
    int sharedBytes = (int) card.sharedBytes(inBlocks);
    clear();
    stream.launchTogether(card.kernel(), blocks, card.threads(), sharedBytes, work);
  }

  private long uploadOperations() {
    Memory memory = new Memory((long) operations.size() * CudaOp.BYTES);
    ByteBuffer buffer = memory.getByteBuffer(0, memory.size());
    operations.forEach(operation -> operation.put(buffer));
    script.upload(memory);
    return script.address();
  }

  private long uploadCoefficients() {
    int tensors = tensors();
    float[] values = new float[coefficients.size() * tensors];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) coefficients.get(i / tensors)[i % tensors];
    }
    factors.upload(values);
    return factors.address();
  }

  /** Frees the list's own memory on the GPU, after all work that may still use it. */
  @Override
  public void close() {
    script.close();
    factors.close();
  }
}
