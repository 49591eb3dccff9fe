package org.eqprop.backend.blas;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.backend.Backend;
import org.eqprop.bench.Workload;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Convolution;
import org.eqprop.network.Network;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Only the products of {@code conv-32-64} that the algorithm cannot avoid, on the states of a
 * network trained on 8,000 images: each link's windows, already prepared, times its kernel; and,
 * for what is sent down and for the gradients, only the rows of states that are not zero.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ConvolutionProductsBenchmark {
  @Param("conv-32-64")
  public String network = "";

  @Param("16")
  public int batch;

  @Param(Workload.EVEN_ODD)
  public String mode = "";

  private Link first;
  private Link second;
  private int phases;
  private int steps;

  @Setup
  public void setUp() {
    ReplicaSpec spec = Workload.spec(network, mode, batch, Backend.BLAS);
    Network net = spec.network();
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      var images = Workload.images();
      var unused = new LocalTrainer(spec, relaxer).train(images, new RoundAssignment(0, 0, 1, 0, 1), m -> {});
      int[] order = new int[batch];
      for (int i = 0; i < batch; i++) {
        order[i] = i;
      }
      relaxer.clamp(images, order, 0, batch);
      relaxer.relaxFree();
      float[] x = new float[batch * net.inputs()];
      for (int i = 0; i < batch; i++) {
        images.copyTo(i, x, i * net.inputs());
      }
      BlasMatrix inputs = new BlasMatrix(batch, net.input());
      inputs.setByChannel(x);
      BlasMatrix h1 = matrix(net, relaxer, 1);
      first = new Link((Convolution) net.link(1), inputs, h1);
      second = new Link((Convolution) net.link(2), h1, matrix(net, relaxer, 2));
    }
    Relaxation relaxation = Workload.relaxation(network, mode);
    phases = Workload.nudgedPhases(mode);
    steps = relaxation.freeSteps() + phases * relaxation.nudgedSteps();
  }

  private BlasMatrix matrix(Network net, Relaxer relaxer, int k) {
    BlasMatrix matrix = new BlasMatrix(batch, net.shape(k));
    try (INDArray state = relaxer.state(Equilibrium.FREE, k);
        INDArray rows = state.dup('c')) {
      matrix.setByChannel(rows.data().asFloat());
    }
    return matrix;
  }

  /** Rows to add to one sum. */
  private record Rows(float[] factors, int[] which) {
    void addTo(float[] sum, float[][] rows) {
      FusedLoops.addRows(sum, which.length, factors, which, rows);
    }
  }

  /** The products of one link. */
  private final class Link {
    private final List<BlasProduct> ups = new ArrayList<>();
    private final List<Rows> byWindow = new ArrayList<>();
    private final List<List<Rows>> byChannel = new ArrayList<>();
    private final List<float[][]> windows = new ArrayList<>();
    private final float[][] kernel;
    private final float[][] gradient;
    private final float[] patch;

    Link(Convolution link, BlasMatrix below, BlasMatrix above) {
      boolean small = OpenBlas.load().avx512();
      FoldedKernel folded = new FoldedKernel(link);
      int height = link.output().height();
      int width = link.output().width();
      int count = height * width;
      int channels = link.channels();
      Windows all =
          new Windows(
              link.input(), link.padding(), folded.side(), folded.stride(), height, width);
      int together = Math.max(1, Math.min(batch, 64 / count));
      for (int from = 0; from < batch; from += together) {
        int here = Math.min(together, batch - from);
        FloatPointer columns = new FloatPointer((long) here * count * folded.size());
        FloatBuffer buffer = columns.asBuffer();
        for (int i = 0; i < here; i++) {
          all.open(below.heap, (from + i) * link.inputs());
          all.copyAll(buffer, i * count * folded.size());
        }
        FloatPointer sums = new FloatPointer((long) here * count * channels);
        ups.add(
            BlasProduct.plain(
                small, channels, here * count, folded.size(), folded.pointer(), columns, sums));
      }
      for (int i = 0; i < batch; i++) {
        all.open(below.heap, i * link.inputs());
        float[][] patches = new float[count][folded.size()];
        for (int w = 0; w < count; w++) {
          all.copy(w, patches[w]);
          byWindow.add(rows(above.heap, (i * count + w) * channels, 1, channels));
        }
        windows.add(patches);
        List<Rows> ofExample = new ArrayList<>();
        for (int o = 0; o < channels; o++) {
          ofExample.add(rows(above.heap, i * count * channels + o, channels, count));
        }
        byChannel.add(ofExample);
      }
      kernel = folded.rows();
      gradient = new float[channels][folded.size()];
      patch = new float[folded.size()];
    }

    private Rows rows(float[] states, int at, int stride, int count) {
      List<Integer> which = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (states[at + i * stride] != 0) {
          which.add(i);
        }
      }
      float[] factors = new float[which.size()];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = 1e-9f * states[at + which.get(i) * stride];
      }
      return new Rows(factors, which.stream().mapToInt(Integer::intValue).toArray());
    }

    void up() {
      ups.forEach(product -> product.run(0.5f, 0));
    }

    void down() {
      byWindow.forEach(rows -> rows.addTo(patch, kernel));
    }

    void correlate() {
      for (int i = 0; i < batch; i++) {
        for (int o = 0; o < gradient.length; o++) {
          byChannel.get(i).get(o).addTo(gradient[o], windows.get(i));
        }
      }
    }
  }

  /** The products of training on {@link Workload#IMAGES} images. */
  @Benchmark
  public void products() {
    for (int images = 0; images < Workload.IMAGES; images += batch) {
      first.up();
      for (int step = 0; step < steps; step++) {
        second.up();
        second.down();
      }
      first.correlate();
      for (int phase = 0; phase < 2; phase++) {
        second.correlate();
      }
    }
  }
}
