package org.eqprop.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.eqprop.data.Examples;
import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.network.Network;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Backpropagation with the same shapes, by DL4J's own {@code fit}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Dl4jBenchmark {
  @Param("784-500-10")
  public String network = "";

  @Param("20")
  public int batch;

  private final List<DataSet> batches = new ArrayList<>();
  private MultiLayerNetwork net;

  @Setup
  public void setUp() {
    OpenBlas.load();
    Network network = Workload.network(this.network);
    var layers =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.FLOAT)
            .updater(new Sgd(0.01))
            .list();
    for (int k = 1; k < network.depth(); k++) {
      layers.layer(
          new DenseLayer.Builder()
              .nIn(network.size(k - 1))
              .nOut(network.size(k))
              .activation(Activation.RELU)
              .build());
    }
    int last = network.depth();
    layers.layer(
        new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
            .nIn(network.size(last - 1))
            .nOut(network.size(last))
            .activation(Activation.SOFTMAX)
            .build());
    net = new MultiLayerNetwork(layers.build());
    net.init();
    fill(network);
  }

  private void fill(Network network) {
    Examples images = Workload.images();
    for (int from = 0; from < Workload.IMAGES; from += batch) {
      INDArray x = Nd4j.create(DataType.FLOAT, batch, network.inputs());
      INDArray y = Nd4j.create(DataType.FLOAT, batch, network.outputs());
      for (int i = 0; i < batch; i++) {
        float[] row = new float[network.inputs()];
        images.copyTo(from + i, row, 0);
        x.putRow(i, Nd4j.createFromArray(row));
        y.putScalar(i, images.label(from + i), 1);
      }
      batches.add(new DataSet(x, y));
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
