package org.eqprop.backend.cuda;

import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.network.Floats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The examples of one or more batches in a GPU's memory, in the format that {@code relax.cu} reads:
 * per row, its input x [n_0] with the card's pitch, its label, ½‖x‖² and 1 − m·(x − m). Each call
 * of {@code place} replaces all of them.
 */
final class CudaExamples implements AutoCloseable {
  private static final int THREADS = 64;

  private final CudaStream stream;
  private final CudaNetwork card;
  private final CudaCenter center;
  private final int inputs;
  private final Pointer clampImages;
  private final CudaBuffer orders;
  private final CudaBuffer labels;
  private final CudaBuffer x;
  private final CudaBuffer halfSquares;
  private final CudaBuffer biasWeights;

  /**
   * Creates an empty set of examples.
   *
   * @param card whose kernels compute the rows
   * @param center m; closed by its owner
   * @param inputs n_0
   */
  CudaExamples(CudaStream stream, CudaNetwork card, CudaCenter center, int inputs) {
    this.stream = stream;
    this.card = card;
    this.center = center;
    this.inputs = inputs;
    this.clampImages = card.kernel("clampImages");
    this.orders = new CudaBuffer(stream);
    this.labels = new CudaBuffer(stream);
    this.x = new CudaBuffer(stream);
    this.halfSquares = new CudaBuffer(stream);
    this.biasWeights = new CudaBuffer(stream);
  }

  /**
   * Places the images {@code order[from]} … {@code order[to−1]} on the GPU. Pixels are copied once
   * per set of images, other values with each call.
   *
   * @param images not modified; must stay reachable while the stream's work reads their pixels
   * @param order indices into {@code images}; not modified
   * @throws InputException if the images are weighted
   */
  void place(Examples images, int[] order, int from, int to) {
    if (images.isWeighted()) {
      throw new InputException(
          "backend = cuda does not support weighted examples: expected blas or nd4j");
    }
    int rows = to - from;
    reserve(rows);
    labels.upload(IntStream.range(from, to).map(i -> images.label(order[i])).toArray());
    if (images instanceof ByteExamples bytes) {
      placePixels(bytes, Arrays.copyOfRange(order, from, to));
    } else {
      int pitch = CudaNetwork.pitch(inputs);
      float[] padded = new float[rows * pitch];
      for (int i = 0; i < rows; i++) {
        images.copyTo(order[from + i], padded, i * pitch);
      }
      placeValues(padded, rows);
    }
  }

  /**
   * Places given values on the GPU.
   *
   * @param values [rows × n_0], in [0, 1]; not modified
   * @param classes [rows], the labels; not modified
   */
  void place(INDArray values, int[] classes) {
    int rows = classes.length;
    reserve(rows);
    labels.upload(classes);
    placeValues(CudaNetwork.padded(Floats.of(values), rows, inputs), rows);
  }

  private void reserve(int rows) {
    x.reserve((long) rows * CudaNetwork.pitch(inputs) * Float.BYTES);
    halfSquares.reserve((long) rows * Double.BYTES);
    biasWeights.reserve((long) rows * Float.BYTES);
  }

  /** Computes the inputs from pixels that stay on the card. */
  private void placePixels(ByteExamples images, int[] order) {
    orders.upload(order);
    stream.launch(
        clampImages,
        order.length,
        THREADS,
        CudaImages.address(stream, images),
        orders.address(),
        (long) inputs,
        center.address(),
        x.address(),
        halfSquares.address(),
        biasWeights.address());
  }

  /**
   * Copies the inputs from the host.
   *
   * @param padded with the card's pitch, one row per example
   */
  private void placeValues(float[] padded, int rows) {
    stream.upload(padded, x.address());
    stream.launch(
        card.kernel("clampValues"),
        rows,
        THREADS,
        (long) inputs,
        center.address(),
        x.address(),
        halfSquares.address(),
        biasWeights.address());
  }

  /** Returns the address of x, [rows × n_0] with the card's pitch; 0 before the first examples. */
  long x() {
    return x.address();
  }

  /** Returns the address of ½‖x‖², [rows] doubles; 0 before the first examples. */
  long halfSquares() {
    return halfSquares.address();
  }

  /** Returns the address of 1 − m·(x − m), [rows] floats; 0 before the first examples. */
  long biasWeights() {
    return biasWeights.address();
  }

  /** Returns the address of the labels, [rows] ints; 0 before the first examples. */
  long labels() {
    return labels.address();
  }

  /** Returns the address of m; 0 if there is none. */
  long center() {
    return center.address();
  }

  @Override
  public void close() {
    for (CudaBuffer buffer : List.of(orders, labels, x, halfSquares, biasWeights)) {
      buffer.close();
    }
  }
}
