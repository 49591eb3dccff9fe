package org.eqprop.ml;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.OneVsRest;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.MinMaxScaler;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.ml.tuning.TrainValidationSplitModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.data.MemorySource;
import org.eqprop.model.ModelFile;
import org.eqprop.spark.TrainingSession;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the classifier through its public API, as users of Spark do. */
class ClassifierIT {
  private static final SparkSession SPARK =
      SparkSession.builder().sparkContext(SharedSpark.context().sc()).getOrCreate();

  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.IntegerType)
          .add("features", SQLDataTypes.VectorType())
          .add("label", DataTypes.DoubleType);

  @TempDir Path folder;

  /** Returns examples as a DataFrame in which every other row is sparse. */
  static Dataset<Row> frame(Examples examples, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      float[] values = examples.values(i);
      double[] wide = new double[values.length];
      Arrays.setAll(wide, j -> values[j]);
      Vector vector = Vectors.dense(wide);
      rows.add(
          RowFactory.create(
              i, i % 2 == 0 ? vector : vector.toSparse(), (double) examples.label(i)));
    }
    return SPARK.createDataFrame(SharedSpark.context().parallelize(rows, partitions), SCHEMA);
  }

  private static Dataset<Row> quadrants(int n, long seed) {
    return frame(Idx.quadrants(n, seed), 2);
  }

  private static EquilibriumPropagationClassifier small() {
    return new EquilibriumPropagationClassifier()
        .setLayers(16, 12, 4)
        .setLearningRates(0.4, 0.2)
        .setMaxIter(8)
        .setReplicas(2);
  }

  private float[] weights(EquilibriumPropagationClassificationModel model) throws Exception {
    Path path = folder.resolve("w" + System.nanoTime());
    model.write().save(path.toString());
    return ModelFile.read(Storage.local(), path.resolve("model.safetensors").toString())
        .weights()
        .values();
  }

  private static double accuracy(Dataset<Row> predictions) {
    return new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(predictions);
  }

  @Test
  void givesTheSameWeightsOnADataFrameAsTheTrainer() throws Exception {
    Examples mnist =
        new IdxSource(
                "classpath:mnist/train-images-idx3-ubyte.gz",
                "classpath:mnist/train-labels-idx1-ubyte.gz")
            .read(Storage.local(), new Slice(0, 1200));
    float[] expected;
    try (TrainingSession session =
        TrainingSession.builder()
            .preset("mnist")
            .hocon("topology = [784, 30, 10], data.validation = 0, averaging.replicas = 3")
            .hocon("training { epochs = 2, seed = 5 }, evaluation.test-each-epoch = false")
            .spark(SharedSpark.context())
            .training(new MemorySource("mnist", mnist))
            .test(new MemorySource("mnist", mnist))
            .build()) {
      expected = session.train().weights().values();
    }
    EquilibriumPropagationClassifier classifier =
        new EquilibriumPropagationClassifier()
            .setLayers(784, 30, 10)
            .setLearningRates(0.2, 0.05)
            .setConfiguration("training { schedule = exponential, decay = 0.9 }")
            .setMaxIter(2)
            .setSeed(5)
            .setReplicas(3);

    assertThat(weights(classifier.fit(frame(mnist, 1)))).isEqualTo(expected);
    Dataset<Row> several = frame(mnist, 5);
    assertThat(weights(classifier.fit(several))).isEqualTo(expected);
    Dataset<Row> mixed = several.repartition(4, col("label"));
    assertThat(weights(classifier.fit(mixed))).isNotEqualTo(expected);
    assertThat(weights(classifier.setOrderCol("id").fit(mixed))).isEqualTo(expected);
    assertThat(weights(classifier.setSeed(6).fit(mixed))).isNotEqualTo(expected);
  }

  @Test
  void learnsAndSummarizesTheTraining() {
    EquilibriumPropagationClassificationModel model = small().fit(quadrants(600, 1));

    Dataset<Row> predictions = model.transform(quadrants(300, 2));

    assertThat(accuracy(predictions)).isGreaterThan(0.9);
    assertThat(model.numClasses()).isEqualTo(4);
    assertThat(model.numFeatures()).isEqualTo(16);
    assertThat(model.describeNetwork()).isEqualTo("16-12-4");
    assertThat(model.hasParent()).isTrue();
    TrainingSummary summary = model.summary();
    assertThat(summary.totalIterations()).isEqualTo(8);
    assertThat(summary.bestEpoch()).isEqualTo(8);
    double[] cost = summary.objectiveHistory();
    assertThat(cost[7]).isLessThan(0.7 * cost[0]);
  }

  /** Compares the outputs of batches with those of single rows. */
  @Test
  void appendsColumnsThatFollowFromTheOutputs() {
    EquilibriumPropagationClassificationModel model = small().fit(quadrants(600, 1));
    Dataset<Row> rows = quadrants(1100, 3).withColumn("odd.name", col("id"));

    List<Row> predictions = model.transform(rows).orderBy("id").collectAsList();

    assertThat(predictions).hasSize(1100);
    for (Row row : predictions.subList(0, 40)) {
      Vector raw = row.getAs("rawPrediction");
      Vector single = model.predictRaw(row.getAs("features"));
      assertThat(raw.toArray()).containsExactly(single.toArray(), within(1e-6));
      Vector p = row.getAs("probability");
      assertThat(Arrays.stream(p.toArray()).sum()).isCloseTo(1, within(1e-12));
      double sum = Arrays.stream(raw.toArray()).map(s -> Math.max(0, s)).sum();
      assertThat(p.apply(2)).isCloseTo(Math.max(0, raw.apply(2)) / sum, within(1e-12));
      assertThat((double) row.getAs("prediction")).isEqualTo(raw.argmax());
      assertThat((int) row.getAs("odd.name")).isEqualTo(row.<Integer>getAs("id"));
      assertThat(model.predict(row.getAs("features"))).isEqualTo(row.<Double>getAs("prediction"));
    }
    assertThat(IntStream.range(0, 1100).map(i -> predictions.get(i).getInt(0)))
        .isEqualTo(IntStream.range(0, 1100).boxed().toList());
  }

  @Test
  void honoursSparksThresholdsAndColumnNames() {
    EquilibriumPropagationClassificationModel model = small().fit(quadrants(600, 1));
    Dataset<Row> rows = quadrants(50, 3);

    model.setThresholds(new double[] {1, 1, 0, 1});
    List<Row> all = model.transform(rows).collectAsList();
    assertThat(all)
        .allSatisfy(
            row -> {
              Vector p = row.getAs("probability");
              double expected = p.apply(2) > 0 ? 2 : row.<Vector>getAs("rawPrediction").argmax();
              assertThat(row.<Double>getAs("prediction")).isEqualTo(expected);
            });
    assertThat(all.stream().map(row -> row.<Double>getAs("prediction"))).contains(2.0);

    model.setRawPredictionCol("").setProbabilityCol("").setPredictionCol("class");
    Dataset<Row> only = model.transform(rows);
    assertThat(only.columns()).containsExactly("id", "features", "label", "class");
    assertThat(only.collectAsList()).hasSize(50);
    assertThatThrownBy(() -> model.transform(only)).hasMessageContaining("class already exists");
  }

  @Test
  void worksInSqlAndInAStream() throws Exception {
    EquilibriumPropagationClassificationModel model = small().fit(quadrants(600, 1));
    Dataset<Row> rows = quadrants(80, 4);
    model.transform(rows).createOrReplaceTempView("scored");
    List<Row> counts =
        SPARK
            .sql(
                "select prediction, count(*) n from scored group by prediction order by prediction")
            .collectAsList();
    assertThat(counts).hasSize(4);

    Path in = folder.resolve("stream");
    rows.filter(col("id").lt(40)).write().parquet(in.resolve("1").toString());
    rows.filter(col("id").geq(40)).write().parquet(in.resolve("2").toString());
    var query =
        model
            .transform(
                SPARK
                    .readStream()
                    .schema(SCHEMA)
                    .option("maxFilesPerTrigger", 1)
                    .parquet(in + "/*"))
            .writeStream()
            .format("memory")
            .queryName("streamed")
            .start();
    try {
      query.processAllAvailable();
    } finally {
      query.stop();
    }
    assertThat(SPARK.table("streamed").orderBy("id").select("prediction").collectAsList())
        .isEqualTo(SPARK.table("scored").orderBy("id").select("prediction").collectAsList());
  }

  @Test
  void weighsRowsByTheWeightColumn() throws Exception {
    Dataset<Row> rows = quadrants(600, 1);
    float[] plain = weights(small().fit(rows));
    EquilibriumPropagationClassifier weighted = small().setWeightCol("w");

    assertThat(weights(weighted.fit(rows.withColumn("w", lit(2.5))))).isEqualTo(plain);

    // Half of the labels are wrong, but have weight 0.
    Dataset<Row> spoilt =
        rows.withColumn("w", col("id").mod(2))
            .withColumn("label", col("label").plus(col("id").plus(1).mod(2)).mod(4));
    Dataset<Row> test = quadrants(300, 2);
    assertThat(accuracy(weighted.fit(spoilt).transform(test))).isGreaterThan(0.9);
    assertThat(accuracy(small().fit(spoilt).transform(test))).isLessThan(0.9);
  }

  @Test
  void keepsTheBestEpochOnHeldOutRowsAndStopsEarly() throws Exception {
    Dataset<Row> rows = quadrants(400, 1).withColumn("held", col("id").geq(300));
    EquilibriumPropagationClassifier classifier =
        small().setMaxIter(40).setValidationIndicatorCol("held").setPatience(3);

    EquilibriumPropagationClassificationModel model = classifier.fit(rows);

    TrainingSummary summary = model.summary();
    List<Double> errors =
        summary.epochs().stream()
            .map(e -> Objects.requireNonNull(e.validation()).errorRate())
            .toList();
    int best = errors.indexOf(errors.stream().min(Double::compare).orElseThrow()) + 1;
    assertThat(summary.bestEpoch()).isEqualTo(best);
    assertThat(summary.totalIterations()).isEqualTo(best + 3).isLessThan(40);
    Dataset<Row> beyond = rows.withColumn("held", lit(true)).limit(3);
    beyond = replaced(beyond.drop("held"), Vectors.sparse(16, new int[] {0}, new double[] {1.2}));
    Dataset<Row> outside = rows.filter("not held").union(beyond.withColumn("held", lit(true)));
    assertThat(classifier.setMaxIter(1).fit(outside).summary().totalIterations()).isEqualTo(1);
    classifier.setMaxIter(40);
    // held-out rows teach nothing: the first epoch equals one on the other rows only
    classifier.setTol(1);
    EquilibriumPropagationClassificationModel first = classifier.fit(rows);
    assertThat(first.summary().bestEpoch()).isEqualTo(1);
    assertThat(first.summary().totalIterations()).isEqualTo(4);
    assertThat(weights(first))
        .isEqualTo(weights(small().setMaxIter(1).fit(rows.filter("not held"))));
    double held = accuracy(model.transform(rows.filter("held")));
    assertThat(1 - held).isCloseTo(errors.get(best - 1), within(1e-9));
  }

  @Test
  void resumesTheSameFitFromItsCheckpoints() throws Exception {
    Dataset<Row> rows = quadrants(400, 1).withColumn("held", col("id").geq(300));
    EquilibriumPropagationClassifier classifier =
        small()
            .setMaxIter(12)
            .setValidationIndicatorCol("held")
            .setPatience(12)
            .setUpdater("momentum")
            .setLearningRates(0.05, 0.02);
    float[] expected = weights(classifier.fit(rows));
    Path checkpoints = folder.resolve("checkpoints");
    classifier.setCheckpointDir(checkpoints.toString());
    EquilibriumPropagationClassificationModel whole = classifier.fit(rows);
    assertThat(weights(whole)).isEqualTo(expected);
    assertThat(whole.summary().totalIterations()).isEqualTo(12);
    assertThat(
            Storage.local().list(checkpoints.toString()).stream().filter(n -> n.startsWith("fit-")))
        .hasSize(1);

    InterruptedFit.leave(classifier, rows, 7);
    EquilibriumPropagationClassificationModel continued = classifier.fit(rows);
    assertThat(continued.summary().totalIterations()).isEqualTo(5);
    assertThat(continued.summary().bestEpoch()).isEqualTo(whole.summary().bestEpoch());
    assertThat(weights(continued)).isEqualTo(expected);

    // other rows with the same parameters have their own checkpoints
    InterruptedFit.leave(classifier, rows, 7);
    Dataset<Row> other = quadrants(400, 9).withColumn("held", col("id").geq(300));
    assertThat(classifier.fit(other).summary().totalIterations()).isEqualTo(12);
  }

  @Test
  void canBeTrainedSavedAndLoadedInPipelinesAndValidators() throws Exception {
    Dataset<Row> rows =
        quadrants(300, 1)
            .withColumn(
                "class", org.apache.spark.sql.functions.concat(lit("q"), col("label").cast("int")))
            .drop("label");
    EquilibriumPropagationClassifier classifier = small().setFeaturesCol("x").setMaxIter(4);
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  new StringIndexer().setInputCol("class").setOutputCol("label"),
                  new MinMaxScaler().setInputCol("features").setOutputCol("x"),
                  classifier
                });
    String path = folder.toString();
    pipelineIsStored(pipeline, rows, path);

    var evaluator = new MulticlassClassificationEvaluator().setMetricName("accuracy");
    var grid = new ParamGridBuilder().addGrid(classifier.maxIter(), new int[] {1, 4}).build();
    CrossValidatorModel crossed =
        new CrossValidator()
            .setEstimator(pipeline)
            .setEvaluator(evaluator)
            .setEstimatorParamMaps(grid)
            .setNumFolds(2)
            .fit(rows);
    assertThat(crossed.avgMetrics()).hasSize(2);
    assertThat(crossed.avgMetrics()[1]).isNotEqualTo(crossed.avgMetrics()[0]);
    crossed.save(path + "/crossed");
    assertThat(EquilibriumPropagationClassificationModel.fromFile(path + "/crossed").numFeatures())
        .isEqualTo(16);
    assertThat(CrossValidatorModel.load(path + "/crossed").transform(rows).collectAsList())
        .isEqualTo(crossed.transform(rows).collectAsList());

    TrainValidationSplitModel split =
        new TrainValidationSplit()
            .setEstimator(pipeline)
            .setEvaluator(evaluator)
            .setEstimatorParamMaps(grid)
            .setSeed(1)
            .fit(rows);
    split.save(path + "/split");
    assertThat(TrainValidationSplitModel.load(path + "/split").validationMetrics()).hasSize(2);
  }

  private static void pipelineIsStored(Pipeline pipeline, Dataset<Row> rows, String path)
      throws Exception {
    pipeline.write().overwrite().save(path + "/pipeline");
    PipelineModel model = Pipeline.load(path + "/pipeline").fit(rows);
    model.write().overwrite().save(path + "/fitted");
    model.write().overwrite().save(path + "/fitted");
    PipelineModel loaded = PipelineModel.load(path + "/fitted");
    assertThat(loaded.transform(rows).collectAsList())
        .isEqualTo(model.transform(rows).collectAsList());
    assertThat(accuracy(loaded.transform(rows))).isGreaterThan(0.8);
    assertThat(EquilibriumPropagationClassificationModel.fromFile(path + "/fitted").numFeatures())
        .isEqualTo(16);
  }

  @Test
  void loadsSavedModelsAndClassifiers() throws Exception {
    EquilibriumPropagationClassificationModel model = small().fit(quadrants(300, 1));
    String path = folder.resolve("stage").toString();
    model.write().save(path);

    var fromFolder = EquilibriumPropagationClassificationModel.fromFile(path);
    var fromFile = EquilibriumPropagationClassificationModel.fromFile(path + "/model.safetensors");
    var loaded = EquilibriumPropagationClassificationModel.load(path);

    List<Row> expected = model.transform(quadrants(50, 2)).collectAsList();
    for (var other : List.of(fromFolder, fromFile, loaded)) {
      assertThat(other.transform(quadrants(50, 2)).collectAsList()).isEqualTo(expected);
      assertThat(other.hasSummary()).isFalse();
      assertThatThrownBy(other::summary).hasMessageContaining("it was loaded, not trained here");
    }
    assertThat(loaded.uid()).isEqualTo(model.uid());
    EquilibriumPropagationClassifier classifier = small().setBeta(0.3).setNetwork("{ input = 16 }");
    classifier.write().save(path + "-classifier");
    EquilibriumPropagationClassifier again =
        EquilibriumPropagationClassifier.load(path + "-classifier");
    assertThat(again.uid()).isEqualTo(classifier.uid());
    assertThat(again.getOrDefault(again.beta())).isEqualTo(0.3);
    assertThat(again.getOrDefault(again.layers())).containsExactly(16, 12, 4);
    assertThat(again.getOrDefault(again.learningRates())).containsExactly(0.4, 0.2);
    assertThat(again.getOrDefault(again.network())).isEqualTo("{ input = 16 }");
    assertThat(Arrays.stream(again.params()).map(param -> param.doc()))
        .allSatisfy(doc -> assertThat(doc).isNotBlank())
        .hasSizeGreaterThan(30);
  }

  @Test
  void trainsConvolutionsAndReadouts() {
    EquilibriumPropagationClassifier classifier =
        new EquilibriumPropagationClassifier()
            .setNetwork(
                """
                { input = [4, 4], mean = median, deviation = auto, cost = cross-entropy, layers = [
                    { channels = 6, kernel = 3, padding = 1, pooling = max, pool = 2 }, { units = 4 } ] }
                """)
            .setUpdater("adam")
            .setStepSize(0.01)
            .setReplicas(2);

    EquilibriumPropagationClassificationModel model = classifier.fit(quadrants(400, 1));

    Dataset<Row> predictions = model.transform(quadrants(200, 2));
    assertThat(accuracy(predictions)).isGreaterThan(0.9);
    Row row = predictions.first();
    double[] z = row.<Vector>getAs("rawPrediction").toArray();
    double sum = Arrays.stream(z).map(Math::exp).sum();
    assertThat(row.<Vector>getAs("probability").apply(1))
        .isCloseTo(Math.exp(z[1]) / sum, within(1e-9));
  }

  /** Each network separates one class from all others; OneVsRest compares their raw predictions. */
  @Test
  void worksInOneVsRest() {
    EquilibriumPropagationClassifier binary = small().setLayers(16, 12, 2);
    var model = new OneVsRest().setClassifier(binary).fit(quadrants(300, 1));
    assertThat(accuracy(model.transform(quadrants(200, 2)))).isGreaterThan(0.7);
  }

  @Test
  void refusesUnusableInputInOneLine() {
    Dataset<Row> rows = quadrants(100, 1);
    Map<String, Dataset<Row>> bad =
        Map.of(
            "column features has 1.5 at index 3: expected numbers from 0 to 1; scale others with MinMaxScaler, or those of a table with network.mean = auto and network.deviation = auto",
            replaced(rows, Vectors.sparse(16, new int[] {3}, new double[] {1.5})),
            "column features has NaN at index 0: expected numbers from 0 to 1; scale others with MinMaxScaler, or those of a table with network.mean = auto and network.deviation = auto",
            replaced(
                rows,
                Vectors.dense(
                    new double[] {Double.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
            "column features has vectors of 16 and of 2 values: expected the same number in every row",
            replaced(rows, Vectors.dense(0, 1)),
            "column features has a null: expected a value in every row; drop rows without one with na().drop()",
            replaced(rows, null),
            "column label has 0.5: expected classes, whole numbers from 0; convert anything else with StringIndexer",
            rows.withColumn("label", lit(0.5)),
            "column label has -1.0: expected classes, whole numbers from 0; convert anything else with StringIndexer",
            rows.withColumn("label", lit(-1)),
            "column label has class 100: expected at most 100 classes, unless the column's metadata give their number, as StringIndexer writes it",
            rows.withColumn("label", lit(100)),
            "the DataFrame has no rows to train on: expected at least one",
            rows.filter("id < 0"),
            "the network 16-12-4 has 4 outputs: expected at least 6, the number of classes in column label; change layers or network",
            rows.withColumn("label", lit(5)),
            "the network 16-12-4 has 16 inputs: expected 3, the number of features in column features; change layers or network",
            new VectorAssembler()
                .setInputCols(new String[] {"a", "b", "c"})
                .setOutputCol("features")
                .transform(
                    rows.select(lit(0.1).as("a"), lit(1).as("b"), lit(0).as("c"), col("label"))));
    bad.forEach(
        (message, dataset) ->
            assertThatThrownBy(() -> small().fit(dataset))
                .isInstanceOf(InputException.class)
                .hasMessage(message));

    assertThatThrownBy(
            () ->
                small()
                    .setWeightCol("id")
                    .fit(rows.filter("id = 0").union(rows.withColumn("id", lit(0)))))
        .hasMessage("column id is 0 in every row: expected a weight above 0");
    assertThatThrownBy(() -> small().setWeightCol("w").fit(rows.withColumn("w", lit(-2))))
        .hasMessage("column w has -2.0: expected weights, finite numbers from 0 up");
    assertThatThrownBy(
            () -> small().setValidationIndicatorCol("v").fit(rows.withColumn("v", lit(true))))
        .hasMessage(
            "the DataFrame has no rows to train on: column v is true in every row: expected at least one");
    assertThatThrownBy(() -> small().setValidationIndicatorCol("id").fit(rows))
        .hasMessage(
            "validationIndicatorCol = id: the column is of type int: expected true and false");
    assertThatThrownBy(() -> small().setOrderCol("nope").fit(rows))
        .hasMessage("orderCol = nope: no such column: expected one of id, features, label");
    assertThatThrownBy(() -> small().setNetwork("{ input = 16 }").fit(rows))
        .hasMessage("layers and network are both set: expected one of the two");
    assertThatThrownBy(() -> small().setLearningRates(0.1).fit(rows))
        .hasMessageStartingWith(
            "parameter learningRates: training.learning-rates = [0.1]: expected");
    assertThatThrownBy(() -> small().setBeta(0).fit(rows))
        .hasMessageStartingWith("parameter beta: estimator.beta = 0");
    assertThatThrownBy(() -> small().setConfiguration("training.epoch = 3").fit(rows))
        .hasMessageStartingWith("parameter configuration: 1: unknown key 'training.epoch'");
    assertThatThrownBy(() -> small().setSchedule("sync"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> small().setLabelCol("nope").fit(rows))
        .isInstanceOf(IllegalArgumentException.class);
    EquilibriumPropagationClassificationModel model = small().setMaxIter(1).fit(rows);
    assertThatThrownBy(() -> model.transform(frame(Idx.bright(3, 1), 1)).collect())
        .rootCause()
        .isInstanceOf(InputException.class)
        .hasMessageMatching(
            "column features has vectors of \\d+ values: expected 16, the number of the network's inputs");
  }

  private static Dataset<Row> replaced(Dataset<Row> rows, @Nullable Vector vector) {
    List<Row> one = List.of(RowFactory.create(1, vector, 1.0));
    return rows.union(SPARK.createDataFrame(one, SCHEMA));
  }
}
