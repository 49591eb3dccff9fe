package org.eqprop.example;

import java.io.File;
import java.io.IOException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.eqprop.dl4j.EquilibriumLayer;
import org.eqprop.dl4j.ImageDataSetIterator;
import org.nd4j.evaluation.classification.Evaluation;

/** The guide's example of the layer in DL4J. Arguments: epochs, file. */
public final class MnistWithDl4j {
  private MnistWithDl4j() {}

  public static void main(String[] args) throws IOException {
    int epochs = Integer.parseInt(args[0]);
    File file = new File(args[1]);

    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .list()
                .layer(
                    new EquilibriumLayer.Builder()
                        .nIn(784)
                        .hidden(500)
                        .nOut(10)
                        .learningRates(0.2, 0.05)
                        .build())
                .build());
    network.init();
    network.fit(ImageDataSetIterator.mnistTraining(20, 1), epochs);
    Evaluation evaluation = network.evaluate(ImageDataSetIterator.mnistTest(500));
    System.out.println("accuracy " + evaluation.accuracy());
    network.save(file);
  }
}
