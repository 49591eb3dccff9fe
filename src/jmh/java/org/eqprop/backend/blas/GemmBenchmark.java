package org.eqprop.backend.blas;


import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eqprop.bench.Workload;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Only the matrix products that the algorithm cannot avoid: the time of training if everything else
 * were free.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class GemmBenchmark {
  @Param("784-500-10")
  public String network = "";

  @Param("20")
  public int batch;

  @Param(Workload.SYNC)
  public String mode = "";

  private final List<BlasProduct> clamped = new ArrayList<>();
  private final List<BlasProduct> once = new ArrayList<>();
  private final List<BlasProduct> everyStep = new ArrayList<>();
  private InputRuns runs;
  private int steps;

  @Setup
  public void setUp() {
    boolean small = OpenBlas.load().avx512();
    Network network = Workload.network(this.network);
    int depth = network.depth();
    BlasWeights weights = new BlasWeights(network);
    weights.load(Weights.glorotUniform(network, 1));
    BlasMatrix[] s = new BlasMatrix[depth + 1];
    BlasMatrix[] u = new BlasMatrix[depth + 1];
    for (int k = 0; k <= depth; k++) {
      s[k] = random(network.size(k));
      u[k] = random(network.size(k));
    }
    int n1 = network.size(1);
    var images = Workload.images();
    for (int i = 0; i < batch; i++) {
      images.copyTo(i, s[0].heap, i * network.inputs());
    }
    s[0].push();
    int longest = BlasProduct.longestRun(n1, batch);
    if (longest > 0) {
      runs = new InputRuns(network.inputs(), longest);
      runs.find(s[0].heap);
    }
    clamped.add(
        BlasProduct.plain(
            small, n1, batch, network.inputs(), weights.weight(1), s[0].pointer, u[1].pointer));
    clamped.add(
        BlasProduct.transposedRight(
            small, n1, network.inputs(), batch, s[1].pointer, s[0].pointer, weights.weight(1)));
    for (int k = 2; k <= depth; k++) {
      int below = network.size(k - 1);
      int n = network.size(k);
      everyStep.add(
          BlasProduct.transposedLeft(
              small, n, batch, below, weights.weight(k), s[k - 1].pointer, u[k].pointer));
      everyStep.add(
          BlasProduct.plain(
              small, below, batch, n, weights.weight(k), s[k].pointer, u[k - 1].pointer));
      BlasProduct update =
          BlasProduct.transposedRight(
              small, below, n, batch, s[k - 1].pointer, s[k].pointer, weights.weight(k));
      once.add(update);
      once.add(update);
    }
    Relaxation relaxation = Workload.relaxation(this.network, mode);
    steps = relaxation.freeSteps() + Workload.nudgedPhases(mode) * relaxation.nudgedSteps();
  }

  private BlasMatrix random(int columns) {
    BlasMatrix matrix = new BlasMatrix(batch, Shape.vector(columns));
    for (int i = 0; i < matrix.heap.length; i++) {
      matrix.heap[i] = (i * 37 % 101) / 101f;
    }
    matrix.push();
    return matrix;
  }

  /** The products of training on {@link Workload#IMAGES} images. */
  @Benchmark
  public void products() {
    for (int images = 0; images < Workload.IMAGES; images += batch) {
      for (BlasProduct product : clamped) {
        if (runs == null) {
          product.run(1e-9f, 1);
        } else {
          product.accumulate(1e-9f, runs);
        }
      }
      once.forEach(product -> product.run(1e-9f, 1));
      for (int step = 0; step < steps; step++) {
        for (BlasProduct product : everyStep) {
          product.run(0.5f, 0);
        }
      }
    }
  }
}
