package org.eqprop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.eqprop.data.Examples;
import org.eqprop.dl4j.EquilibriumLayer;
import org.eqprop.dl4j.ImageDataSets;
import org.eqprop.backend.Backend;
import org.eqprop.backend.blas.OpenBlas;
import org.nd4j.linalg.dataset.DataSet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Equilibrium propagation as a layer of DL4J, trained by DL4J's {@code fit}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LayerBenchmark {
  @Param("784-500-10")
  public String network = "";

  @Param("20")
  public int batch;

  @Param(Workload.SYNC)
  public String mode = "";

  private final List<DataSet> batches = new ArrayList<>();
  private MultiLayerNetwork net;

  @Setup
  public void setUp() {
    OpenBlas.load();
    net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .list()
                .layer(EquilibriumLayer.of(Workload.spec(network, mode, batch, Backend.BLAS)))
                .build());
    net.init();
    OpenBlas.load().useOneThread();
    Examples images = Workload.images();
    int[] order = IntStream.range(0, Workload.IMAGES).toArray();
    for (int from = 0; from < Workload.IMAGES; from += batch) {
      batches.add(ImageDataSets.of(images, order, from, from + batch, 10));
    }
  }

  /** Trains on {@link Workload#IMAGES} images. */
  @Benchmark
  public double fit() {
    for (DataSet data : batches) {
      net.fit(data);
    }
    return net.score();
  }
}
