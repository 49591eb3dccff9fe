package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;

/**
 * A network in a GPU's memory, in the layout of {@code relax.cu}: weights, biases and a contrast,
 * and states for as many examples as the largest batch so far.
 */
final class CudaNetwork implements AutoCloseable {
  private static final int MOST_THREADS = 512;
  private static final int COPY_BLOCKS = 256;
  private static final int COPY_THREADS = 256;
  private static final int LAYER_BYTES = 12 * Long.BYTES;

  /** For learning from many examples: two tiles of 16 × 64 floats. */
  private static final long TILE_BYTES = 2 * 16 * 64 * Float.BYTES;

  private static final int EQUILIBRIA = Equilibrium.values().length;
  private static final String SOURCE = source();

  private final CudaStream stream;
  private final Network network;
  private final ParameterLayout layout;
  private final DeviceMemory weights;
  private final DeviceMemory flat;
  private final DeviceMemory table;
  private final int threads;
  private final Pointer kernel;
  private final long[] byUnit;
  private final long[] byInput;
  private final long[] bias;
  private final long[] sumByUnit;
  private final long[] sumBias;
  private final long[][] states;
  private @Nullable DeviceMemory stateMemory;
  private long base;
  private int capacity;

  CudaNetwork(CudaStream stream, Network network) {
    this.stream = stream;
    this.network = network;
    this.layout = ParameterLayout.of(network);
    int depth = network.depth();
    byUnit = new long[depth];
    byInput = new long[depth];
    bias = new long[depth];
    sumByUnit = new long[depth];
    sumBias = new long[depth];
    states = new long[depth][EQUILIBRIA + 1];
    CudaDevice device = stream.device();
    threads = Math.min(MOST_THREADS, device.mostThreads());
    kernel = kernel("run");
    weights = new DeviceMemory(device, weightFloats() * Float.BYTES);
    flat = new DeviceMemory(device, (long) layout.size() * Float.BYTES);
    table = new DeviceMemory(device, (long) depth * LAYER_BYTES);
    stream.clear(weights.address(), weights.bytes());
    long at = weights.address();
    for (int k = 1; k <= depth; k++) {
      at = place(byUnit, k, at, matrix(network.size(k), network.size(k - 1)));
      at = k == 1 ? at : place(byInput, k, at, matrix(network.size(k - 1), network.size(k)));
      at = place(bias, k, at, pitch(network.size(k)));
      at = place(sumByUnit, k, at, matrix(network.size(k), network.size(k - 1)));
      at = place(sumBias, k, at, pitch(network.size(k)));
    }
  }

  private static String source() {
    try (InputStream stream = CudaNetwork.class.getResourceAsStream("relax.cu")) {
      return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static long place(long[] addresses, int k, long at, long floats) {
    addresses[k - 1] = at;
    return at + floats * Float.BYTES;
  }

  private long weightFloats() {
    long floats = 0;
    for (int k = 1; k <= network.depth(); k++) {
      floats += 2 * matrix(network.size(k), network.size(k - 1)) + 2L * pitch(network.size(k));
      floats += k == 1 ? 0 : matrix(network.size(k - 1), network.size(k));
    }
    return floats;
  }

  /** Returns the length of a row of {@code length} floats, including the unused floats after it. */
  static int pitch(int length) {
    return (length + 3) & ~3;
  }

  /**
   * Returns a copy with the card's pitch.
   *
   * @param values [rows × columns], row-major; not modified
   */
  static float[] padded(float[] values, int rows, int columns) {
    int pitch = pitch(columns);
    float[] padded = new float[rows * pitch];
    for (int e = 0; e < rows; e++) {
      System.arraycopy(values, e * columns, padded, e * pitch, columns);
    }
    return padded;
  }

  private static long matrix(int rows, int columns) {
    return (long) rows * pitch(columns);
  }

  /** Returns the kernel that carries out operations. */
  Pointer kernel() {
    return kernel;
  }

  /** Returns another kernel of the same source. */
  final Pointer kernel(String name) {
    return stream.device().kernel(SOURCE, List.of("THREADS=" + threads), name);
  }

  /** Returns how many threads a block of {@link #kernel} has. */
  int threads() {
    return threads;
  }

  /** Returns the address of the layers' table. */
  long table() {
    return table.address();
  }

  /**
   * Makes room for the states of a batch; their values are lost if there was not enough.
   *
   * @param batch B
   */
  void reserve(int batch) {
    if (batch <= capacity) {
      return;
    }
    if (stateMemory != null) {
      stream.synchronize(); // running work may still use it
      stateMemory.close();
    }
    capacity = 0;
    long floats = matrix(batch, network.size(1));
    for (int k = 1; k <= network.depth(); k++) {
      floats += (EQUILIBRIA + 1) * matrix(batch, network.size(k));
    }
    DeviceMemory memory = new DeviceMemory(stream.device(), floats * Float.BYTES);
    stateMemory = memory;
    stream.clear(memory.address(), memory.bytes());
    base = memory.address();
    long at = base + matrix(batch, network.size(1)) * Float.BYTES;
    for (int k = 1; k <= network.depth(); k++) {
      for (int i = 0; i <= EQUILIBRIA; i++) {
        states[k - 1][i] = at;
        at += matrix(batch, network.size(k)) * Float.BYTES;
      }
    }
    capacity = batch;
    writeTable();
  }

  private void writeTable() {
    Memory memory = new Memory(table.bytes());
    ByteBuffer buffer = memory.getByteBuffer(0, memory.size());
    for (int k = 1; k <= network.depth(); k++) {
      buffer.putLong(network.size(k - 1)).putLong(network.size(k));
      buffer.putLong(byUnit[k - 1]).putLong(byInput[k - 1]).putLong(bias[k - 1]);
      buffer.putLong(k == 1 ? base : 0);
      for (long address : states[k - 1]) {
        buffer.putLong(address);
      }
      buffer.putLong(sumByUnit[k - 1]).putLong(sumBias[k - 1]);
    }
    stream.upload(memory, memory.size(), table.address());
  }

  /** Returns whether a block can hold an example, W_2 … W_L included. */
  boolean fitsInBlocks() {
    return sharedBytes(true) <= stream.device().sharedBytes();
  }

  /**
   * Returns how many bytes of shared memory a block of {@link #kernel} needs.
   *
   * @param examples whether blocks hold examples
   */
  long sharedBytes(boolean examples) {
    long floats = 0;
    for (int k = 1; k <= network.depth(); k++) {
      floats += 4L * pitch(network.size(k));
      floats += k == 1 ? 0 : matrix(network.size(k), network.size(k - 1));
    }
    long sums = (2L + network.depth()) * (threads / 32) * Double.BYTES;
    long block = examples ? floats * Float.BYTES + sums : 0;
    return table.bytes() + Math.max(TILE_BYTES, block);
  }

  /** Returns the address of s_k of an equilibrium. */
  long state(Equilibrium at, int k) {
    return states[k - 1][CudaOp.number(at)];
  }

  /**
   * Sets the weights and biases.
   *
   * @param from of the same network; not modified
   */
  void load(Weights from) {
    stream.upload(from.values(), flat.address());
    Pointer unpack = kernel("unpack");
    for (int k = 1; k <= network.depth(); k++) {
      long matrix = address(layout.weight(k));
      long inputs = network.size(k - 1);
      long units = network.size(k);
      stream.launch(
          unpack, COPY_BLOCKS, COPY_THREADS, matrix, inputs, units, byUnit[k - 1], byInput[k - 1]);
      stream.copy(address(layout.bias(k)), bias[k - 1], units * Float.BYTES);
    }
  }

  /** Returns a copy of the weights and biases. */
  Weights weights() {
    return weights(byUnit, bias);
  }

  /** Returns a copy of the contrast. */
  Weights contrast() {
    return weights(sumByUnit, sumBias);
  }

  private Weights weights(long[] matrices, long[] biases) {
    Pointer pack = kernel("pack");
    for (int k = 1; k <= network.depth(); k++) {
      long matrix = address(layout.weight(k));
      long inputs = network.size(k - 1);
      long units = network.size(k);
      stream.launch(pack, COPY_BLOCKS, COPY_THREADS, matrices[k - 1], inputs, units, matrix);
      stream.copy(biases[k - 1], address(layout.bias(k)), units * Float.BYTES);
    }
    Weights weights = Weights.zeros(network);
    stream.download(flat.address(), weights.values());
    return weights;
  }

  private long address(ParameterLayout.Tensor tensor) {
    return flat.address() + (long) tensor.from() * Float.BYTES;
  }

  @Override
  public void close() {
    weights.close();
    flat.close();
    table.close();
    if (stateMemory != null) {
      stateMemory.close();
      stateMemory = null;
    }
  }
}
