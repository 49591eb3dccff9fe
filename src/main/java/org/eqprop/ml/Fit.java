package org.eqprop.ml;

import java.util.Locale;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.Attribute$;
import org.apache.spark.ml.attribute.BinaryAttribute;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructField;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.TaskSlots;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One fit of a classifier to a DataFrame. */
final class Fit {
  private static final Logger LOG = LoggerFactory.getLogger(EquilibriumPropagationClassifier.class);

  /**
   * Least number of batches per epoch that a replica should get if the number of replicas is left
   * open.
   */
  private static final int BATCHES = 50;

  /** Most classes without metadata, as in Spark's own classifiers. */
  private static final int MOST_SEEN = 100;

  private final EquilibriumPropagationClassifier classifier;
  private final Dataset<?> rows;
  private final JavaSparkContext spark;

  /**
   * @param rows not modified
   */
  Fit(EquilibriumPropagationClassifier classifier, Dataset<?> rows) {
    this.classifier = classifier;
    this.rows = rows;
    this.spark = JavaSparkContext.fromSparkContext(rows.sparkSession().sparkContext());
  }

  /**
   * Trains and returns the model.
   *
   * @param listeners notified of each epoch after its state is saved
   * @throws InputException if a row or a parameter cannot be used
   */
  EquilibriumPropagationClassificationModel model(TrainingListener... listeners) {
    ClassifierConfiguration keys = new ClassifierConfiguration(classifier);
    try (DataFrameSource source = DataFrameSource.read(rows, columns(keys.normalises()), "")) {
      RunConfiguration asked = keys.of(source.features(), classes(source));
      DataFrameSource shaped = source.shaped(asked.spec().network().input());
      try (TrainingSession session = session(shaped, replicated(asked, source))) {
        session.warnings().forEach(LOG::warn);
        return trained(session, source, listeners);
      }
    }
  }

  private RowColumns columns(boolean anyValue) {
    return new RowColumns(
        classifier.getFeaturesCol(),
        classifier.getLabelCol(),
        named(classifier.valueOf(classifier.weightCol())),
        named(classifier.valueOf(classifier.validationIndicatorCol())),
        named(classifier.valueOf(classifier.orderCol())),
        anyValue);
  }

  private static String named(@Nullable String column) {
    return column == null ? "" : column;
  }

  private int classes(DataFrameSource source) {
    String column = classifier.getLabelCol();
    int seen = source.largestLabel() + 1;
    int said = said(rows.schema().apply(column));
    if (said == 0 && seen > MOST_SEEN) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "column %s has class %d: expected at most %d classes, unless the column's"
                  + " metadata give their number, as StringIndexer writes it",
              column,
              seen - 1,
              MOST_SEEN));
    }
    if (said > 0 && seen > said) {
      throw new InputException(
          "column "
              + column
              + " has class "
              + (seen - 1)
              + ": expected 0 to "
              + (said - 1)
              + ", as the column's metadata say");
    }
    return Math.max(2, Math.max(said, seen));
  }

  /** Returns the number of classes in a column's metadata; 0 if they have none. */
  private static int said(StructField field) {
    Attribute attribute = Attribute$.MODULE$.fromStructField(field);
    if (attribute instanceof BinaryAttribute) {
      return 2;
    }
    return attribute instanceof NominalAttribute nominal && nominal.getNumValues().isDefined()
        ? (Integer) nominal.getNumValues().get()
        : 0;
  }

  /** Returns the configuration with the number of replicas filled in if it was left open. */
  private RunConfiguration replicated(RunConfiguration asked, DataFrameSource source) {
    if (asked.averaging().replicas() > 0) {
      return asked;
    }
    int batches = source.trained() / asked.spec().hyperparameters().batch();
    int count = Math.max(1, Math.min(TaskSlots.of(spark), batches / BATCHES));
    return asked.with(AveragingSettings.REPLICAS_KEY, String.valueOf(count));
  }

  private TrainingSession session(DataFrameSource source, RunConfiguration asked) {
    Slice training = new Slice(0, source.trained());
    Slice held = new Slice(source.trained(), source.size());
    DataPlan plan =
        new DataPlan(
            source, source, training, held, new Slice(0, 0), asked.spec().network().outputs());
    return TrainingSession.builder().configuration(asked).spark(spark).plan(plan).build();
  }

  private EquilibriumPropagationClassificationModel trained(
      TrainingSession session, DataFrameSource source, TrainingListener... listeners) {
    String folder = named(classifier.valueOf(classifier.checkpointDir()));
    int every = (Integer) classifier.getOrDefault(classifier.checkpointInterval());
    FitCheckpoints checkpoints =
        folder.isEmpty() || every < 0
            ? FitCheckpoints.NONE
            : FitCheckpoints.of(
                new Storage(spark.hadoopConfiguration()),
                folder,
                every,
                session.configuration(),
                source.checksum());
    Training training =
        new Training(
            checkpoints,
            source.size() > source.trained(),
            (Double) classifier.getOrDefault(classifier.tol()),
            (Integer) classifier.getOrDefault(classifier.patience()));
    TrainingState best = training.train(session, listeners);
    checkpoints.clear();
    return new EquilibriumPropagationClassificationModel(
        best.model(session.configuration()), training.summary());
  }
}
