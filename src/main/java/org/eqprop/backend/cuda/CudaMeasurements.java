package org.eqprop.backend.cuda;

import java.util.Arrays;
import java.util.List;
import org.eqprop.dynamics.Measurement;

/**
 * The kernel's measurements at an equilibrium: per example, a row of 3 + L numbers: energy, cost, 1
 * if misclassified, ‖s_1‖² … ‖s_L‖².
 */
final class CudaMeasurements implements AutoCloseable {
  private static final int ACTIVITY_AT = 3;

  private final CudaStream stream;
  private final int rowLength;
  private final CudaBuffer measured;

  /**
   * Creates measurements without memory.
   *
   * @param depth L
   */
  CudaMeasurements(CudaStream stream, int depth) {
    this.stream = stream;
    this.rowLength = ACTIVITY_AT + depth;
    this.measured = new CudaBuffer(stream);
  }

  /** Makes room for the measurements of {@code rows} examples; earlier ones may be lost. */
  void reserve(int rows) {
    measured.reserve((long) rows * rowLength * Double.BYTES);
  }

  /** Returns the address of the first row; 0 if nothing was reserved. */
  long address() {
    return measured.address();
  }

  /**
   * Waits for the stream's work if there is something to copy, and returns the first rows.
   *
   * @param rows the number of rows, at most as many as are reserved
   * @return [rows × (3 + L)], row-major
   */
  double[] download(int rows) {
    double[] results = new double[rows * rowLength];
    if (rows > 0) {
      stream.download(measured.address(), results);
    }
    return results;
  }

  /**
   * Returns the sums over the examples {@code from} … {@code to−1}, added up in their order.
   *
   * @param results as {@link #download} returns them; not modified
   */
  Measurement sum(double[] results, int from, int to) {
    double[] sums = new double[rowLength];
    for (int e = from; e < to; e++) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += results[e * sums.length + i];
      }
    }
    List<Double> activity = Arrays.stream(sums).skip(ACTIVITY_AT).boxed().toList();
    return new Measurement(to - from, sums[0], sums[1], (long) sums[2], activity);
  }

  @Override
  public void close() {
    measured.close();
  }
}
