package org.eqprop.example;

import java.io.File;
import java.io.IOException;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.eqprop.dl4j.EquilibriumLayer;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Loads a zip and evaluates it with only DL4J's API and the layer. Arguments: the zip, a file with
 * a {@link DataSet}.
 */
public final class PlainDl4j {
  private PlainDl4j() {}

  public static void main(String[] args) throws IOException {
    MultiLayerNetwork network = MultiLayerNetwork.load(new File(args[0]), true);
    DataSet test = new DataSet();
    test.load(new File(args[1]));
    Evaluation evaluation = new Evaluation();
    evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
    EquilibriumLayer layer = (EquilibriumLayer) network.getLayer(0).conf().getLayer();
    System.out.println("topology " + layer.network());
    System.out.println("accuracy " + evaluation.accuracy());
  }
}
