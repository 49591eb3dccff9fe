package org.eqprop.example;

import java.io.File;
import java.io.IOException;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.eqprop.data.IdxSource;
import org.eqprop.dl4j.EquilibriumLayer;
import org.eqprop.dl4j.ImageDataSets;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;

/** The guide's example of DL4J's training on Spark. Arguments: epochs, workers, file. */
public final class MnistOnDl4jSpark {
  private MnistOnDl4jSpark() {}

  public static void main(String[] args) throws IOException {
    int epochs = Integer.parseInt(args[0]);
    int workers = Integer.parseInt(args[1]);
    File file = new File(args[2]);

    MultiLayerConfiguration configuration =
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
            .build();
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf().setAppName("MNIST"))) {
      JavaRDD<DataSet> training =
          ImageDataSets.rdd(spark, IdxSource.MNIST_TRAINING, 10, 20, workers);
      JavaRDD<DataSet> test = ImageDataSets.rdd(spark, IdxSource.MNIST_TEST, 10, 500, workers);
      SparkDl4jMultiLayer network =
          new SparkDl4jMultiLayer(
              spark,
              configuration,
              new ParameterAveragingTrainingMaster.Builder(workers, 20)
                  .batchSizePerWorker(20)
                  .averagingFrequency(3_000 / workers) // once an epoch
                  .rddTrainingApproach(RDDTrainingApproach.Direct)
                  .build());
      for (int epoch = 0; epoch < epochs; epoch++) {
        network.fit(training);
      }
      Evaluation evaluation = network.doEvaluation(test, new Evaluation(10), 500);
      System.out.println("accuracy " + evaluation.accuracy());
      network.getNetwork().save(file);
    }
  }
}
