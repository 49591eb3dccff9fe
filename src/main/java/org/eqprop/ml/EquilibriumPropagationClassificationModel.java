package org.eqprop.ml;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.classification.ProbabilisticClassificationModel;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.AnyModel;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A network trained by equilibrium propagation, as a stage of Spark ML. {@code rawPrediction} holds
 * the network's outputs at the free equilibrium, {@code probability} the class probabilities
 * derived from them, and {@code prediction} the class, chosen by the largest output or by {@code
 * thresholds}.
 *
 * <p>{@code transform} broadcasts the network and relaxes the rows of a partition in batches, in
 * batch and in streaming queries. A saved stage is a folder with Spark's own metadata and {@code
 * model.safetensors}.
 */
public final class EquilibriumPropagationClassificationModel
    extends ProbabilisticClassificationModel<Vector, EquilibriumPropagationClassificationModel>
    implements MLWritable {
  private static final long serialVersionUID = 1L;

  // No initializer: it would run after Spark's constructors, which already ask for the uid.
  private final String uid;
  private transient @Nullable ModelFile file;
  private @Nullable Scoring scoring;
  private transient @Nullable TrainingSummary summary;
  private transient @Nullable Relaxer single;
  private transient @Nullable Broadcast<Scoring> sent;
  private transient @Nullable SparkContext sentBy;

  /**
   * Creates a model without a network, for Spark's reader, which sets it afterwards.
   *
   * @param uid the stage's identifier
   */
  public EquilibriumPropagationClassificationModel(String uid) {
    this(PendingUid.begin(uid), null, null);
  }

  EquilibriumPropagationClassificationModel(ModelFile file, @Nullable TrainingSummary summary) {
    this(PendingUid.begin(Identifiable$.MODULE$.randomUID("eqprop")), file, summary);
  }

  private EquilibriumPropagationClassificationModel(
      String pending, @Nullable ModelFile file, @Nullable TrainingSummary summary) {
    this.uid = pending;
    this.summary = summary;
    if (file != null) {
      take(file, "the model");
    }
    PendingUid.end();
  }

  /**
   * Reads a model of {@code submit/train}: a model file, a run folder or a zip of DL4J, in any file
   * system known to the active Spark session.
   *
   * @throws InputException if it cannot be read
   */
  public static EquilibriumPropagationClassificationModel fromFile(String location) {
    var hadoop = SparkSession.active().sparkContext().hadoopConfiguration();
    var model = new EquilibriumPropagationClassificationModel(randomUid());
    model.take(AnyModel.read(new Storage(hadoop), location), location);
    return model;
  }

  private static String randomUid() {
    return Identifiable$.MODULE$.randomUID("eqprop");
  }

  private void take(ModelFile trained, String location) {
    RunConfiguration configuration =
        new ConfigurationReader()
            .text(AnyModel.configuration(trained, location), location + " (configuration)")
            .read();
    AnyModel.requireNetwork(configuration, trained, location);
    file = trained;
    scoring = Scoring.of(configuration, trained.weights());
  }

  private Scoring scoring() {
    if (scoring == null) {
      throw new IllegalStateException(uid + " has no network yet");
    }
    return scoring;
  }

  @Override
  public String uid() {
    return PendingUid.of(uid);
  }

  @Override
  public int numClasses() {
    return scoring().network().outputs();
  }

  @Override
  public int numFeatures() {
    return scoring().network().inputs();
  }

  /** Returns whether the model was trained in this process, so that it has a {@link #summary}. */
  public boolean hasSummary() {
    return summary != null;
  }

  /**
   * Returns the history of the training.
   *
   * @throws IllegalStateException if the model was loaded
   */
  public TrainingSummary summary() {
    if (summary == null) {
      throw new IllegalStateException(uid + " has no summary: it was loaded, not trained here");
    }
    return summary;
  }

  /** Returns the network in words, such as {@code 784-500-10}. */
  public String describeNetwork() {
    return scoring().network().toString();
  }

  /**
   * Returns the network's outputs for one example, at its free equilibrium: [classes].
   *
   * @throws InputException if the number of features is not that of the network's inputs
   */
  @Override
  public synchronized Vector predictRaw(Vector features) {
    Relaxer relaxer = single;
    if (relaxer == null) {
      relaxer = scoring().relaxer();
      single = relaxer;
    }
    return Vectors.dense(
        scoring().outputs(relaxer, new Vector[] {features}, 1, getFeaturesCol())[0]);
  }

  @Override
  public Vector raw2probabilityInPlace(Vector raw) {
    double[] values = ((DenseVector) raw).values();
    double[] p = scoring().probabilities(values);
    System.arraycopy(p, 0, values, 0, p.length);
    return raw;
  }

  /**
   * Appends the output columns whose names are not empty.
   *
   * @param rows not modified
   * @throws InputException when Spark computes a row whose number of features is not that of the
   *     network's inputs
   */
  @Override
  public Dataset<Row> transform(Dataset<?> rows) {
    StructType schema = rows.schema();
    StructType appended = transformSchema(schema);
    for (String column : List.of(getRawPredictionCol(), getProbabilityCol(), getPredictionCol())) {
      schema = column.isEmpty() ? schema : schema.add(appended.apply(column));
    }
    boolean raw = !getRawPredictionCol().isEmpty();
    boolean probability = !getProbabilityCol().isEmpty();
    boolean prediction = !getPredictionCol().isEmpty();
    double[] thresholds = isDefined(thresholds()) ? getThresholds() : null;
    BatchScorer scorer =
        new BatchScorer(
            sent(rows.sparkSession()),
            getFeaturesCol(),
            rows.schema().fieldIndex(getFeaturesCol()),
            raw,
            probability,
            prediction,
            thresholds);
    Dataset<Row> scored = rows.toDF().mapPartitions(scorer, Encoders.row(schema));
    List<Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) { // typed operations lose the metadata
      columns.add(RowColumns.column(field.name()).as(field.name(), field.metadata()));
    }
    return scored.select(columns.toArray(Column[]::new));
  }

  /**
   * Broadcasts the network once per Spark context: a stopped context takes its broadcasts with it.
   */
  private synchronized Broadcast<Scoring> sent(SparkSession session) {
    SparkContext context = session.sparkContext();
    Broadcast<Scoring> known = sent;
    if (known == null || !context.equals(sentBy)) {
      known = JavaSparkContext.fromSparkContext(context).broadcast(scoring());
      sent = known;
      sentBy = context;
    }
    return known;
  }

  @Override
  public EquilibriumPropagationClassificationModel copy(ParamMap extra) {
    var copy = new EquilibriumPropagationClassificationModel(uid);
    copy.file = file;
    copy.scoring = scoring;
    copy.summary = summary;
    copyValues(copy, extra).setParent(parent());
    return copy;
  }

  /** Only Java sees two inherited methods of this name that differ in their return types. */
  @SuppressWarnings({"rawtypes", "unchecked"})
  @Override
  public scala.Tuple3 findSummaryModel() {
    return super.findSummaryModel();
  }

  @Override
  public MLWriter write() {
    return new Writer(this);
  }

  /** Returns a reader of saved models. */
  public static MLReader<EquilibriumPropagationClassificationModel> read() {
    return new Reader();
  }

  /** Reads a saved model. */
  public static EquilibriumPropagationClassificationModel load(String path) {
    return read().load(path);
  }

  private static final class Writer extends MLWriter {
    private final EquilibriumPropagationClassificationModel model;

    Writer(EquilibriumPropagationClassificationModel model) {
      this.model = model;
    }

    @Override
    public void saveImpl(String path) {
      if (model.file == null) {
        throw new IllegalStateException(model.uid + " has no network to write");
      }
      new DefaultParamsWriter(model).saveImpl(path);
      Storage storage = new Storage(sparkSession().sparkContext().hadoopConfiguration());
      model.file.write(storage, Storage.path(path, RunFolder.MODEL));
    }
  }

  private static final class Reader extends MLReader<EquilibriumPropagationClassificationModel> {
    @Override
    public EquilibriumPropagationClassificationModel load(String path) {
      EquilibriumPropagationClassificationModel model =
          new DefaultParamsReader<EquilibriumPropagationClassificationModel>().load(path);
      Storage storage = new Storage(sparkSession().sparkContext().hadoopConfiguration());
      String location = Storage.path(path, RunFolder.MODEL);
      model.take(ModelFile.read(storage, location), location);
      return model;
    }
  }
}
