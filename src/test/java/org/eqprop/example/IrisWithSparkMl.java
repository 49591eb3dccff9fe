package org.eqprop.example;

import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.MinMaxScaler;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.eqprop.ml.EquilibriumPropagationClassifier;

/**
 * The guide's example of a Pipeline. Arguments: a CSV file of Fisher's irises and a folder for the
 * model.
 */
public final class IrisWithSparkMl {
  private IrisWithSparkMl() {}

  public static void main(String[] args) throws Exception {
    try (SparkSession spark = SparkSession.builder().appName("iris").getOrCreate()) {
      Dataset<Row> iris =
          spark.read().option("header", true).option("inferSchema", true).csv(args[0]);
      Dataset<Row>[] parts = iris.randomSplit(new double[] {0.7, 0.3}, 1);

      EquilibriumPropagationClassifier classifier =
          new EquilibriumPropagationClassifier()
              .setFeaturesCol("scaled")
              .setLayers(4, 20, 3)
              .setBlockSize(5)
              .setMaxIter(50);
      Pipeline pipeline =
          new Pipeline()
              .setStages(
                  new PipelineStage[] {
                    new StringIndexer().setInputCol("species").setOutputCol("label"),
                    new VectorAssembler()
                        .setInputCols(
                            new String[] {
                              "sepal_length", "sepal_width", "petal_length", "petal_width"
                            })
                        .setOutputCol("features"),
                    new MinMaxScaler().setInputCol("features").setOutputCol("scaled"),
                    classifier
                  });
      CrossValidatorModel model =
          new CrossValidator()
              .setEstimator(pipeline)
              .setEstimatorParamMaps(
                  new ParamGridBuilder()
                      .addGrid(classifier.stepSize(), new double[] {0.1, 0.4})
                      .build())
              .setEvaluator(new MulticlassClassificationEvaluator().setMetricName("accuracy"))
              .setNumFolds(3)
              .fit(parts[0]);

      Dataset<Row> predictions = model.transform(parts[1]);
      System.out.println("accuracy " + model.getEvaluator().evaluate(predictions));
      predictions.select("species", "probability", "prediction").show(3, false);
      model.write().overwrite().save(args[1]);
    }
  }
}
