package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.eqprop.Close;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.IdxSource;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.Weights;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingSessionBuilder;
import org.eqprop.spark.TrainingState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import scala.reflect.ClassTag$;

/** Compares DL4J's own training on Spark with this program's. */
class Dl4jRoundsIT {
  /** Tolerance for the same sums in a different order, over a few dozen updates. */
  private static final double FLOAT_TOLERANCE = 1e-4;

  @TempDir Path folder;

  private RunConfiguration configuration(int examples, String... assignments) {
    Idx.quadrants(folder, examples, 1);
    ConfigurationReader reader =
        Idx.onQuadrants(folder)
            .set("data.validation=0")
            .set("training.epochs=2")
            .set("training.decay=0.5")
            .set("training.learning-rates=[0.2, 0.1]");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  /** Collects the epoch reports of a training. */
  private static final class Reports implements TrainingListener {
    final List<EpochReport> epochs = new ArrayList<>();

    @Override
    public void epochEnded(EpochReport report, TrainingState state) {
      epochs.add(report);
    }
  }

  private static TrainingSessionBuilder session(RunConfiguration configuration, boolean dl4j) {
    TrainingSessionBuilder builder =
        TrainingSession.builder().configuration(configuration).spark(SharedSpark.context());
    return dl4j ? builder.rounds(Dl4jRounds::new) : builder;
  }

  private static Weights train(RunConfiguration configuration, boolean dl4j, Reports reports) {
    try (TrainingSession session = session(configuration, dl4j).listener(reports).build()) {
      assertThat(session.warnings()).isEmpty();
      return session.train().weights();
    }
  }

  /**
   * Covers equal partitions of whole batches, partitions with incomplete batches, several rounds,
   * and few batches.
   */
  @ParameterizedTest
  @CsvSource({
    "320, 1, averaging.rounds-per-epoch=1",
    "320, 2, averaging.rounds-per-epoch=1",
    "330, 2, averaging.rounds-per-epoch=3",
    "330, 2, training.batches-per-epoch=6",
    "320, 4, averaging.outer.optimizer=average",
    "330, 2, training.schedule=cosine",
    "320, 1, training.warm-up-epochs=1"
  })
  void weightsFollowThisProgramsEngine(int examples, int replicas, String assignment) {
    RunConfiguration configuration =
        configuration(examples, "averaging.replicas=" + replicas, assignment);
    Reports own = new Reports();
    Reports theirs = new Reports();
    Weights expected = train(configuration, false, own);
    Weights actual = train(configuration, true, theirs);
    Close.assertClose(actual, expected, FLOAT_TOLERANCE, "weights");
    for (int epoch = 0; epoch < 2; epoch++) {
      Measurement trained = theirs.epochs.get(epoch).training();
      Measurement wanted = own.epochs.get(epoch).training();
      assertThat(trained.examples()).isEqualTo(wanted.examples());
      assertThat(trained.errors()).isEqualTo(wanted.errors());
      assertThat(trained.meanCost())
          .isCloseTo(wanted.meanCost(), Close.about(10 * FLOAT_TOLERANCE));
      assertThat(theirs.epochs.get(epoch).imagesPerSecond()).isPositive();
    }
  }

  /**
   * Covers convolutions, a readout, normalised images and another range, with one replica and with
   * two.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | network.layers=[{channels = 4, kernel = 2, pooling = average}, {units = 4}] |"
            + " network.mean=[0.25]",
        "2 | network.layers=[{channels = 4, kernel = 3, padding = 1, pooling = max}, {units = 4}] |"
            + " network.mean=[0.25]",
        "1 | network.layers=[{channels = 4, kernel = 2}, {units = 4}] | network.cost=cross-entropy",
        "2 | network.layers=[{units = 9, range = hard-tanh}, {units = 4}] | network.mean=auto"
      })
  void everyKindOfNetworkFollowsThisProgramsEngine(int replicas, String layers, String further) {
    RunConfiguration configuration =
        configuration(
            320,
            "averaging.replicas=" + replicas,
            "averaging.rounds-per-epoch=1",
            "network.input=[4, 4]",
            layers,
            "network.deviation=[0.5]",
            further);
    Reports own = new Reports();
    Reports theirs = new Reports();
    Weights expected = train(configuration, false, own);
    Close.assertClose(train(configuration, true, theirs), expected, FLOAT_TOLERANCE, "weights");
    assertThat(theirs.epochs.get(1).training().meanCost())
        .isCloseTo(own.epochs.get(1).training().meanCost(), Close.about(10 * FLOAT_TOLERANCE))
        .isLessThan(own.epochs.get(0).training().meanCost());
    assertThat(theirs.epochs.get(1).training().errors())
        .isEqualTo(own.epochs.get(1).training().errors());
  }

  /** With both engines, the first layer learns relative to the mean image, at a scaled rate. */
  @Test
  void weightsFollowThisProgramsEngineOnBrightImages() {
    RunConfiguration configuration =
        configuration(
            320,
            "averaging.replicas=2",
            "training.learning-rate-scale=0.5",
            "training.input-center=mean");
    Weights expected = train(configuration, false, new Reports());
    Close.assertClose(
        train(configuration, true, new Reports()), expected, FLOAT_TOLERANCE, "weights");
    Weights plain = train(configuration(320, "averaging.replicas=2"), false, new Reports());
    assertThat(plain).isNotEqualTo(expected);
  }

  @Test
  void twoReplicasAreReproducibleBitForBit() {
    RunConfiguration configuration = configuration(330, "averaging.replicas=2");
    Weights once = train(configuration, true, new Reports());
    assertThat(train(configuration, true, new Reports())).isEqualTo(once);
  }

  /** DL4J's average weighs every replica equally: 20 examples as much as 21. */
  @Test
  void averageIsNotWeighted() {
    RunConfiguration configuration =
        configuration(41, "averaging.replicas=2", "training.batch=20", "training.epochs=1");
    float[] weighted = train(configuration, false, new Reports()).values();
    float[] alike = train(configuration, true, new Reports()).values();
    double most = 0;
    for (int i = 0; i < weighted.length; i++) {
      most = Math.max(most, Math.abs(weighted[i] - alike[i]));
    }
    assertThat(most).isGreaterThan(FLOAT_TOLERANCE);
  }

  @Test
  void evaluationAgreesWithThisPrograms() {
    RunConfiguration configuration = configuration(330, "averaging.replicas=2");
    try (TrainingSession session = session(configuration, true).build()) {
      Weights parameters = session.train().weights();
      Measurement measured = session.evaluate(Split.TEST);
      Evaluation evaluation =
          ((Dl4jRounds) session.rounds()).evaluate(parameters, session.plan().testSource(), 50);
      assertThat(evaluation.getNumRowCounter()).isEqualTo(330);
      assertThat(1 - evaluation.accuracy()).isCloseTo(measured.errorRate(), Close.about(1e-9));
    }
  }

  @Test
  void partitionsOfAnRddKeepTheOrderOfTheFile() {
    Idx.quadrants(folder, 45, 2);
    IdxSource files = new IdxSource(folder + "/images.idx", folder + "/labels.idx");
    List<DataSet> batches = ImageDataSets.rdd(SharedSpark.context(), files, 4, 10, 2).collect();
    assertThat(batches.stream().map(DataSet::numExamples)).containsExactly(10, 10, 2, 10, 10, 3);
    var images = Idx.quadrants(45, 2);
    int at = 0;
    for (DataSet batch : batches) {
      for (int i = 0; i < batch.numExamples(); i++, at++) {
        assertThat(batch.getLabels().getRow(i).argMax().getInt(0)).isEqualTo(images.label(at));
        assertThat(batch.getFeatures().getFloat(i, 5)).isEqualTo(images.values(at)[5]);
      }
    }
  }

  /** DL4J's broadcasts go through Spark's serializer, which may be Kryo. */
  @Test
  void configurationSurvivesKryoSerialization() {
    assertCrosses(
        new EquilibriumLayer.Builder()
            .nIn(16)
            .hidden(5, 6)
            .nOut(4)
            .updaters(new Sgd(0.3), new Sgd(0.2), new Sgd(0.1))
            .build());
    EquilibriumLayer described =
        new EquilibriumLayer.Builder().network(NetworkKinds.of("all at once")).build();
    assertThat(described.network())
        .as("the network, which the layer then caches")
        .isEqualTo(NetworkKinds.of("all at once"));
    assertThat(assertCrosses(described).network()).isEqualTo(NetworkKinds.of("all at once"));
  }

  private static EquilibriumLayer assertCrosses(EquilibriumLayer layer) {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder().list().layer(layer).build();
    SerializerInstance kryo =
        new KryoSerializer(
                new SparkConf().set("spark.kryo.registrator", "org.nd4j.kryo.Nd4jRegistrator"))
            .newInstance();
    ByteBuffer bytes =
        kryo.serialize(configuration, ClassTag$.MODULE$.apply(MultiLayerConfiguration.class));
    MultiLayerConfiguration read =
        kryo.deserialize(bytes, ClassTag$.MODULE$.apply(MultiLayerConfiguration.class));
    assertThat(read).isEqualTo(configuration);
    return (EquilibriumLayer) read.getConf(0).getLayer();
  }
}
