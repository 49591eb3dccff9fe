package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The relaxer for NVIDIA's GPUs, float32: one kernel carries out a list of operations, see {@code
 * relax.cu}. Calls are put on the list, and the list runs when someone asks for a result; {@link
 * #train} puts a whole round on it, so that the weights stay on the card and the host is not asked
 * in between.
 */
public final class CudaRelaxer implements Relaxer {
  /** Examples whose inputs are on the card at a time: 26 MB of MNIST. */
  private static final int MOST_ROWS = 8192;

  private static final int WORK_BYTES = 15 * Long.BYTES;
  private static final int CLAMP_THREADS = 64;
  private static final int RESIDUALS = 3;

  private final Network network;
  private final Relaxation relaxation;
  private final CudaStream stream;
  private final CudaNetwork card;
  private final LayerRule hidden;
  private final int blocks;
  private final Pointer clampImages;
  private final @Nullable DeviceMemory center;
  private final boolean inBlocks;

  private final List<CudaOp> operations = new ArrayList<>();
  private final List<double[]> coefficients = new ArrayList<>();
  private final Buffer orders = new Buffer();
  private final Buffer labels = new Buffer();
  private final Buffer x = new Buffer();
  private final Buffer halfSquares = new Buffer();
  private final Buffer biasWeights = new Buffer();
  private final Buffer script = new Buffer();
  private final Buffer factors = new Buffer();
  private final Buffer measured = new Buffer();
  private final DeviceMemory signals;
  private int batch;

  /**
   * @param place the GPU, and how much of it
   * @param center m: the first layer learns from x − m
   */
  public CudaRelaxer(Network network, Relaxation relaxation, CudaPlace place, InputCenter center) {
    this.network = network;
    this.relaxation = relaxation;
    CudaDevice device = CudaDevice.of(place.device());
    this.blocks = Math.max(1, device.multiprocessors() / place.sharing());
    this.hidden = LayerRule.hidden(relaxation);
    this.stream = new CudaStream(device);
    this.card = new CudaNetwork(stream, network);
    this.clampImages = card.kernel("clampImages");
    // the residuals, the barrier, and how the last phase ended
    this.signals = new DeviceMemory(device, (RESIDUALS + 1) * Integer.BYTES + 2 * Long.BYTES);
    stream.clear(signals.address(), signals.bytes());
    this.inBlocks = relaxation.tolerance() == 0 && card.fitsInBlocks();
    if (center.isNone()) {
      this.center = null;
    } else {
      float[] m = Arrays.copyOf(center.values(), CudaNetwork.pitch(network.inputs()));
      this.center = new DeviceMemory(device, (long) m.length * Float.BYTES);
      stream.upload(m, this.center.address());
    }
  }

  /** Memory of the GPU that grows as needed; growing loses what it held. */
  private final class Buffer {
    private @Nullable DeviceMemory memory;

    long reserve(long bytes) {
      DeviceMemory current = memory;
      if (current == null || current.bytes() < bytes) {
        close();
        current = new DeviceMemory(stream.device(), bytes);
        memory = current;
      }
      return current.address();
    }

    long address() {
      return memory == null ? 0 : memory.address();
    }

    void close() {
      if (memory != null) {
        stream.synchronize(); // what runs may still use it
        memory.close();
        memory = null;
      }
    }
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
  public void load(float[] flat) {
    ParameterLayout.of(network).requireLength(flat);
    run();
    card.load(flat);
  }

  @Override
  public void load(Parameters parameters) {
    parameters.requireFor(network);
    load(parameters.toFloats());
  }

  @Override
  public float[] parameters() {
    run();
    return card.parameters();
  }

  @Override
  public void clamp(Examples images, int[] order, int from, int to) {
    network.requireExamples(images.shape().size(), to - from, to - from);
    run();
    prepare(to - from);
    place(images, order, from, to);
    operations.add(CudaOp.drive(batch, 0));
  }

  @Override
  public void clamp(INDArray values, int[] classes) {
    network.requireExamples(values.columns(), values.rows(), classes.length);
    run();
    prepare(classes.length);
    reserveRows(batch);
    uploadInts(classes, labels);
    placeValues(padded(Floats.of(values), network.inputs()), batch);
    operations.add(CudaOp.drive(batch, 0));
  }

  /**
   * Puts given inputs on the card.
   *
   * @param padded with the card's pitch, one row an example
   */
  private void placeValues(float[] padded, int rows) {
    stream.upload(padded, x.address());
    stream.launch(
        card.kernel("clampValues"),
        rows,
        CLAMP_THREADS,
        (long) network.inputs(),
        centerAddress(),
        x.address(),
        halfSquares.address(),
        biasWeights.address());
  }

  private void prepare(int size) {
    batch = size;
    card.reserve(size);
  }

  private long centerAddress() {
    return center == null ? 0 : center.address();
  }

  private void reserveRows(int rows) {
    long unused = x.reserve((long) rows * CudaNetwork.pitch(network.inputs()) * Float.BYTES);
    unused = halfSquares.reserve((long) rows * Double.BYTES);
    unused = biasWeights.reserve((long) rows * Float.BYTES);
  }

  /** Puts the inputs of examples on the card. */
  private void place(Examples images, int[] order, int from, int to) {
    int rows = to - from;
    reserveRows(rows);
    uploadInts(IntStream.range(from, to).map(i -> images.label(order[i])).toArray(), labels);
    if (images instanceof ByteExamples bytes) {
      placePixels(bytes, Arrays.copyOfRange(order, from, to));
    } else {
      int pitch = CudaNetwork.pitch(network.inputs());
      float[] padded = new float[rows * pitch];
      for (int i = 0; i < rows; i++) {
        images.copyTo(order[from + i], padded, i * pitch);
      }
      placeValues(padded, rows);
    }
  }

  /** Takes the inputs of examples from pixels that stay on the card. */
  private void placePixels(ByteExamples images, int[] order) {
    uploadInts(order, orders);
    stream.launch(
        clampImages,
        order.length,
        CLAMP_THREADS,
        CudaImages.address(stream, images),
        orders.address(),
        (long) network.inputs(),
        centerAddress(),
        x.address(),
        halfSquares.address(),
        biasWeights.address());
  }

  private void uploadInts(int[] values, Buffer into) {
    Memory memory = new Memory((long) values.length * Integer.BYTES);
    memory.write(0, values, 0, values.length);
    stream.upload(memory, memory.size(), into.reserve(memory.size()));
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    requireBatch();
    addPhase(batch, 0, into, from, steps, beta);
    if (relaxation.tolerance() == 0 || steps == 0) {
      return new Convergence(steps, Double.NaN);
    }
    run();
    long[] end = new long[2];
    stream.download(endsAddress(), end);
    return new Convergence((int) end[0], Float.intBitsToFloat((int) end[1]));
  }

  private void addPhase(
      int size, int row, Equilibrium into, @Nullable Equilibrium from, int steps, double... betas) {
    List<LayerRule> outputs =
        Arrays.stream(betas)
            .mapToObj(beta -> LayerRule.output(relaxation, network.cost(), beta))
            .toList();
    for (int i = 0; i < betas.length; i++) {
      int target = CudaOp.number(into) + i;
      if (from == null || CudaOp.number(from) != target) {
        operations.add(CudaOp.start(size, target, from == null ? -1 : CudaOp.number(from)));
      }
    }
    if (steps > 0) {
      operations.add(
          new CudaOp(
              CudaOp.RELAX,
              size,
              row,
              betas.length,
              CudaOp.number(into),
              CudaOp.number(into) + 1,
              steps,
              0,
              0,
              0,
              (float) relaxation.tolerance(),
              0,
              hidden,
              outputs));
    }
  }

  private void requireBatch() {
    if (batch == 0) {
      throw new IllegalStateException("no batch is clamped");
    }
  }

  @Override
  public Measurement measure(Equilibrium at) {
    requireBatch();
    reserveMeasured(batch);
    operations.add(CudaOp.measure(batch, 0, CudaOp.number(at), 0));
    run();
    return measurement(downloadMeasured(batch), 0, batch);
  }

  private void reserveMeasured(int rows) {
    long unused = measured.reserve((long) rows * resultLength() * Double.BYTES);
  }

  private double[] downloadMeasured(int rows) {
    double[] results = new double[rows * resultLength()];
    if (rows > 0) {
      stream.download(measured.address(), results);
    }
    return results;
  }

  private int resultLength() {
    return 3 + network.depth();
  }

  /** Adds up examples in their order. */
  private Measurement measurement(double[] results, int from, int to) {
    double[] sums = new double[resultLength()];
    for (int e = from; e < to; e++) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += results[e * sums.length + i];
      }
    }
    List<Double> activity = Arrays.stream(sums).skip(3).boxed().toList();
    return new Measurement(to - from, sums[0], sums[1], (long) sums[2], activity);
  }

  @Override
  public void learn(Equilibrium plus, Equilibrium minus, double[] factor) {
    requireBatch();
    addLearning(batch, 0, plus, minus, factor, false);
  }

  private void addLearning(
      int size, int row, Equilibrium plus, Equilibrium minus, double[] factor, boolean contrast) {
    operations.add(
        CudaOp.learn(
            size,
            row,
            CudaOp.number(plus),
            CudaOp.number(minus),
            coefficients.size() * tensors(),
            contrast));
    coefficients.add(factor);
  }

  @Override
  public void addContrast(Equilibrium plus, Equilibrium minus, double[] factor, Parameters target) {
    target.add(contrast(plus, minus, factor));
  }

  @Override
  public float[] contrast(Equilibrium plus, Equilibrium minus, double[] factor) {
    requireBatch();
    operations.add(CudaOp.clear());
    addLearning(batch, 0, plus, minus, factor, true);
    run();
    return card.contrast();
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    run();
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
    run();
    stream.upload(padded(rows, network.size(k)), card.state(at, k));
  }

  /** Returns the rows of the batch with the card's pitch. */
  private float[] padded(float[] rows, int columns) {
    int pitch = CudaNetwork.pitch(columns);
    float[] padded = new float[batch * pitch];
    for (int e = 0; e < batch; e++) {
      System.arraycopy(rows, e * columns, padded, e * pitch, columns);
    }
    return padded;
  }

  @Override
  public int[] predict(Equilibrium at) {
    run();
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
    run();
    batch = 0;
    try {
      trainInChunks(images, order, chunks(steps), progress);
    } catch (RuntimeException e) {
      operations.clear(); // of a chunk that has not begun
      coefficients.clear();
      throw e;
    } finally {
      Reference.reachabilityFence(images); // their pixels on the card are freed with them
    }
  }

  private void trainInChunks(
      Examples images,
      int[] order,
      List<List<TrainingStep>> chunks,
      Consumer<Measurement> progress) {
    List<TrainingStep> running = List.of();
    for (List<TrainingStep> chunk : chunks) {
      chunk.forEach(step -> addStep(step, step.from() - chunk.get(0).from()));
      double[] results =
          results(running); // while the card computed, the next operations were listed
      card.reserve(chunk.stream().mapToInt(TrainingStep::size).max().orElseThrow());
      place(images, order, chunk.get(0).from(), end(chunk));
      reserveMeasured(rows(chunk));
      run();
      tell(running, results, progress);
      running = chunk;
    }
    tell(running, results(running), progress);
  }

  /** Cuts steps into runs whose examples follow each other in the order, and fit on the card. */
  private static List<List<TrainingStep>> chunks(List<TrainingStep> steps) {
    List<List<TrainingStep>> chunks = new ArrayList<>();
    for (int from = 0, to = 0; from < steps.size(); from = to) {
      int begin = steps.get(from).from();
      for (to = from + 1; to < steps.size(); to++) {
        TrainingStep next = steps.get(to);
        if (next.from() != steps.get(to - 1).to() || next.to() - begin > MOST_ROWS) {
          break;
        }
      }
      chunks.add(steps.subList(from, to));
    }
    return chunks;
  }

  private static int end(List<TrainingStep> chunk) {
    return chunk.get(chunk.size() - 1).to();
  }

  private static int rows(List<TrainingStep> chunk) {
    return chunk.isEmpty() ? 0 : end(chunk) - chunk.get(0).from();
  }

  /** Waits for the steps that run, and returns what was measured. */
  private double[] results(List<TrainingStep> running) {
    return downloadMeasured(rows(running));
  }

  private void tell(List<TrainingStep> steps, double[] results, Consumer<Measurement> progress) {
    for (TrainingStep step : steps) {
      int begin = steps.get(0).from();
      progress.accept(measurement(results, step.from() - begin, step.to() - begin));
    }
  }

  private void addStep(TrainingStep step, int row) {
    int size = step.size();
    operations.add(CudaOp.drive(size, row));
    if (inBlocks) {
      operations.add(phases(step, row));
    } else {
      addPhase(size, row, Equilibrium.FREE, null, relaxation.freeSteps(), 0);
      operations.add(CudaOp.measure(size, row, CudaOp.number(Equilibrium.FREE), row));
      Equilibrium start = relaxation.nudgedStart() == NudgedStart.FREE ? Equilibrium.FREE : null;
      int steps = relaxation.nudgedSteps();
      boolean together = relaxation.schedule() == Schedule.EVEN_ODD && relaxation.tolerance() == 0;
      if (step.centered() && together) {
        addPhase(size, row, Equilibrium.NUDGED, start, steps, step.beta(), -step.beta());
      } else {
        addPhase(size, row, Equilibrium.NUDGED, start, steps, step.beta());
        if (step.centered()) {
          addPhase(size, row, Equilibrium.COUNTER_NUDGED, start, steps, -step.beta());
        }
      }
    }
    addLearning(size, row, Equilibrium.NUDGED, step.minus(), step.coefficients(), false);
  }

  private CudaOp phases(TrainingStep step, int row) {
    return new CudaOp(
        CudaOp.PHASES,
        step.size(),
        row,
        step.centered() ? 2 : 1,
        0,
        0,
        relaxation.freeSteps(),
        relaxation.nudgedSteps(),
        row,
        relaxation.nudgedStart() == NudgedStart.ZEROS ? 1 : 0,
        0,
        0,
        hidden,
        List.of(
            LayerRule.output(relaxation, network.cost(), 0),
            LayerRule.output(relaxation, network.cost(), step.beta()),
            LayerRule.output(relaxation, network.cost(), step.centered() ? -step.beta() : 0)));
  }

  private long endsAddress() {
    return signals.address() + (RESIDUALS + 1) * Integer.BYTES;
  }

  /** Carries out the operations on the list. */
  private void run() {
    if (operations.isEmpty()) {
      return;
    }
    long barrier = signals.address() + RESIDUALS * Integer.BYTES;
    stream.clear(barrier, Integer.BYTES);
    Memory work = new Memory(WORK_BYTES);
    ByteBuffer fields = work.getByteBuffer(0, WORK_BYTES);
    fields.putLong(card.table()).putLong(network.depth());
    fields.putLong(relaxation.schedule() == Schedule.SYNCHRONOUS ? 1 : 0);
    fields.putLong(uploadOperations()).putLong(operations.size());
    fields.putLong(x.address()).putLong(halfSquares.address()).putLong(biasWeights.address());
    fields.putLong(labels.address()).putLong(centerAddress()).putLong(uploadCoefficients());
    fields.putLong(measured.address()).putLong(endsAddress()).putLong(signals.address());
    fields.putLong(barrier);
    boolean examples = operations.stream().anyMatch(o -> o.code() == CudaOp.PHASES);
    int sharedBytes = (int) card.sharedBytes(examples);
    operations.clear();
    coefficients.clear();
    stream.launchTogether(card.kernel(), blocks, card.threads(), sharedBytes, work);
  }

  private long uploadOperations() {
    Memory memory = new Memory((long) operations.size() * CudaOp.BYTES);
    ByteBuffer buffer = memory.getByteBuffer(0, memory.size());
    operations.forEach(operation -> operation.put(buffer));
    long address = script.reserve(memory.size());
    stream.upload(memory, memory.size(), address);
    return address;
  }

  private int tensors() {
    return 2 * network.depth();
  }

  private long uploadCoefficients() {
    int tensors = tensors();
    float[] values = new float[coefficients.size() * tensors];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) coefficients.get(i / tensors)[i % tensors];
    }
    long address = factors.reserve((long) values.length * Float.BYTES);
    stream.upload(values, address);
    return address;
  }

  @Override
  public void close() {
    operations.clear();
    stream.synchronize();
    for (Buffer buffer :
        List.of(orders, labels, x, halfSquares, biasWeights, script, factors, measured)) {
      buffer.close();
    }
    if (center != null) {
      center.close();
    }
    signals.close();
    card.close();
    stream.close();
  }
}
