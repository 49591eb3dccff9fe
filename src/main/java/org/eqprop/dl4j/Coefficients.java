package org.eqprop.dl4j;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads one vector of float32 in the format of {@code Nd4j.write}: a buffer of longs (rank, shape,
 * strides, flags, stride, order) and a buffer of the values. Both are big-endian and preceded by
 * the name of their kind, their length and their type. ND4J's own reader allocates whatever memory
 * the lengths claim.
 */
final class Coefficients {
  private static final String KIND = "MIXED_DATA_TYPES";
  private static final String SHAPE_TYPE = "LONG";
  private static final String TYPE = "FLOAT";

  private Coefficients() {}

  /**
   * Returns the values.
   *
   * @param in is read up to the last value
   * @param count expected number of values
   * @throws IllegalArgumentException if their number, shape or type differs; the message is one
   *     line
   * @throws IOException if they cannot be read
   */
  static float[] read(InputStream in, int count) throws IOException {
    DataInputStream data = new DataInputStream(in);
    requireKind(data);
    long shapeLength = data.readLong();
    require(data.readUTF().equals(SHAPE_TYPE), "the shape of its weights is damaged");
    long rank = data.readLong();
    require(
        (rank == 1 || rank == 2) && shapeLength == 2 * rank + 4,
        "its weights are an array of rank " + rank + ": expected a vector");
    require(rank == 1 || data.readLong() == 1, "its weights are not a vector");
    long length = data.readLong();
    for (long i = 1 + rank; i < shapeLength; i++) {
      data.readLong(); // the memory layout of a vector does not matter: its values come in order
    }
    requireKind(data);
    long values = data.readLong();
    String type = data.readUTF();
    require(
        type.equals(TYPE), "its weights are " + type.replaceAll("\\W", "?") + ": expected FLOAT");
    require(
        length == count && values == count,
        "it has " + length + " weights and biases: expected " + count);
    byte[] bytes = in.readNBytes(Float.BYTES * count); // allocates memory only as bytes arrive
    if (bytes.length < Float.BYTES * count) {
      throw new EOFException();
    }
    float[] floats = new float[count];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(floats);
    return floats;
  }

  private static void requireKind(DataInputStream data) throws IOException {
    require(data.readUTF().equals(KIND), "its weights are not in the format of ND4J 1.0.0");
  }

  private static void require(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }
}
