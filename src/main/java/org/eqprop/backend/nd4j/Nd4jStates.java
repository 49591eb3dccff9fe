package org.eqprop.backend.nd4j;

import org.eqprop.data.Shape;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The states of a layer for a batch, [B × n], column-major: in a layer of channels × height ×
 * width, the examples of one place are side by side. The underlying memory changes when a layer
 * moves.
 */
public final class Nd4jStates {
  private Matrix matrix;

  Nd4jStates(DataType type, long rows, long columns) {
    this.matrix = new Matrix(type, rows, columns);
  }

  /** A matrix and the same memory as a vector, which ND4J's level-1 BLAS needs. */
  private static final class Matrix {
    final INDArray array;
    final INDArray vector;

    Matrix(DataType type, long rows, long columns) {
      array = Nd4j.create(type, new long[] {rows, columns}, 'f');
      vector = array.reshape('f', new long[] {rows * columns});
    }
  }

  /** Returns the current states, live. */
  public INDArray array() {
    return matrix.array;
  }

  /** Returns the states of a layer of a shape as [B × width × height × channels], live. */
  INDArray images(Shape shape) {
    long batch = matrix.array.rows();
    return matrix.array.reshape('f', batch, shape.width(), shape.height(), shape.channels());
  }

  /** Returns the states with one column per channel, [B·height·width × channels], live. */
  INDArray columns(long channels) {
    return matrix.array.reshape('f', matrix.array.length() / channels, channels);
  }

  void set(Nd4jStates other) {
    matrix.array.assign(other.matrix.array);
  }

  void add(double factor, Nd4jStates other) {
    Nd4j.getBlasWrapper()
        .level1()
        .axpy(matrix.vector.length(), factor, other.matrix.vector, matrix.vector);
  }

  double dot(Nd4jStates other) {
    return Nd4j.getBlasWrapper().dot(matrix.vector, other.matrix.vector);
  }

  void swap(Nd4jStates other) {
    Matrix mine = matrix;
    matrix = other.matrix;
    other.matrix = mine;
  }

  void close() {
    matrix.array.close();
  }
}
