package org.eqprop.ml;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.classification.MultilayerPerceptronClassifier;
import org.apache.spark.ml.classification.ProbabilisticClassificationModel;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.eqprop.base.Slice;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.storage.Storage;

/**
 * Compares the classifier with Spark's own MultilayerPerceptronClassifier on all of MNIST, and
 * {@code transform} with a UDF per row; run by hand. The arguments are the numbers of hidden units,
 * and {@code own} to leave out Spark's classifier.
 */
public final class MnistComparison {
  private static final StructType SCHEMA =
      new StructType()
          .add("features", SQLDataTypes.VectorType())
          .add("label", DataTypes.DoubleType);

  private static final int COPIES = 24;

  private MnistComparison() {}

  /** Fits one of the classifiers. */
  private interface Fitting {
    ProbabilisticClassificationModel<Vector, ?> fit(Dataset<Row> rows);
  }

  private static Dataset<Row> mnist(SparkSession spark, String set) {
    ExampleSource source =
        new IdxSource(
            "classpath:mnist/" + set + "-images-idx3-ubyte.gz",
            "classpath:mnist/" + set + "-labels-idx1-ubyte.gz");
    Examples examples =
        source.read(Storage.local(), new Slice(0, source.header(Storage.local()).examples()));
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      float[] values = examples.values(i);
      double[] wide = new double[values.length];
      Arrays.setAll(wide, j -> values[j]);
      rows.add(RowFactory.create(Vectors.dense(wide).compressed(), (double) examples.label(i)));
    }
    return spark.createDataFrame(rows, SCHEMA).repartition(2).localCheckpoint();
  }

  private static void compare(
      String name, Fitting fitting, Dataset<Row> training, Dataset<Row> test) {
    long begin = System.nanoTime();
    ProbabilisticClassificationModel<Vector, ?> model = fitting.fit(training);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double errors = model.transform(test).filter("prediction != label").count();
    System.out.printf(
        Locale.ROOT, "%s: error %.2f %%, %.1f s%n", name, 100 * errors / test.count(), seconds);
    if (model instanceof EquilibriumPropagationClassificationModel own) {
      rates(own, test);
    }
  }

  /**
   * Prints the rows per second of {@code transform} and of Spark's own {@code transform}, which
   * calls a UDF per row, in turn. Uses many rows, since a job takes tenths of a second to start,
   * and rows outside of the query plan, since Spark hashes the rows of a plan again and again.
   */
  private static void rates(EquilibriumPropagationClassificationModel model, Dataset<Row> test) {
    Dataset<Row> copies = test.sparkSession().range(COPIES).toDF("copy");
    Dataset<Row> many = test.crossJoin(copies).drop("copy").repartition(2).localCheckpoint();
    long size = many.count();
    for (int round = 0; round < 5; round++) {
      double batches = rate(model.transform(many), size);
      double each = rate(perRow(model, many), size);
      System.out.printf(
          Locale.ROOT,
          "  transform: %,.0f rows/s; a UDF per row: %,.0f rows/s; ratio %.1f%n",
          batches,
          each,
          batches / each);
    }
  }

  /** Transforms with Spark's own method, which ours overrides. */
  private static Dataset<Row> perRow(
      EquilibriumPropagationClassificationModel model, Dataset<Row> rows) {
    try {
      @SuppressWarnings("unchecked")
      Dataset<Row> scored =
          (Dataset<Row>)
              MethodHandles.privateLookupIn(model.getClass(), MethodHandles.lookup())
                  .findSpecial(
                      ProbabilisticClassificationModel.class,
                      "transform",
                      MethodType.methodType(Dataset.class, Dataset.class),
                      model.getClass())
                  .invoke(model, rows);
      return scored;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static double rate(Dataset<Row> scored, long rows) {
    long begin = System.nanoTime();
    scored.write().format("noop").mode("overwrite").save();
    return rows / ((System.nanoTime() - begin) / 1e9);
  }

  public static void main(String[] args) {
    try (SparkSession spark = SparkSession.builder().appName("comparison").getOrCreate()) {
      Dataset<Row> training = mnist(spark, "train");
      Dataset<Row> test = mnist(spark, "t10k");
      List<String> arguments = new ArrayList<>(List.of(args));
      boolean alone = arguments.remove("own");
      for (String hidden : arguments) {
        int[] layers = {784, Integer.parseInt(hidden), 10};
        String sizes = "784-" + hidden + "-10 ";
        EquilibriumPropagationClassifier own =
            new EquilibriumPropagationClassifier().setLayers(layers);
        compare(sizes + "EquilibriumPropagationClassifier", own::fit, training, test);
        if (alone) {
          continue;
        }
        MultilayerPerceptronClassifier perceptron =
            new MultilayerPerceptronClassifier().setLayers(layers).setSeed(1);
        compare(sizes + "MultilayerPerceptronClassifier", perceptron::fit, training, test);
      }
    }
  }
}
