package org.eqprop.dl4j;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Floats;
import org.eqprop.network.Weights;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Creates DL4J networks that consist of one {@link EquilibriumLayer}. */
final class Dl4jNetworks {
  private Dl4jNetworks() {}

  /**
   * Returns a network that learns as a spec says.
   *
   * @param weights of the spec's network; not modified
   * @param epochs number of epochs that it has been trained for, by which its learning rates decay
   */
  static MultiLayerNetwork of(ReplicaSpec spec, Weights weights, int epochs) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(spec.hyperparameters().seed())
                .list()
                .layer(EquilibriumLayer.of(spec))
                .build());
    try (INDArray flat = Floats.array(weights.values(), 1, weights.values().length)) {
      network.init(flat, true);
    }
    network.setEpochCount(epochs);
    return network;
  }
}
