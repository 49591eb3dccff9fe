package org.eqprop.dl4j;

import java.util.Collection;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.eqprop.data.ExampleSource;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Floats;
import org.eqprop.network.Weights;
import org.eqprop.spark.Replicas;
import org.eqprop.spark.Rounds;
import org.eqprop.spark.TrainingState;
import org.nd4j.evaluation.classification.Evaluation;

/**
 * The rounds of DL4J's own training on Spark: {@link SparkDl4jMultiLayer} with {@link
 * ParameterAveragingTrainingMaster}, which trains the {@link EquilibriumLayer} on the same batches
 * as {@link Replicas} and averages at the end of the round. The average is DL4J's: every replica
 * has the same weight, however many examples it trained on, and the sum is in float32, in the order
 * in which the results arrive.
 */
public final class Dl4jRounds implements Rounds {
  private final JavaSparkContext spark;
  private final Replicas replicas;
  private final ReplicaSpec spec;

  /**
   * @param replicas already loaded
   * @param spec how the replicas learn
   */
  public Dl4jRounds(JavaSparkContext spark, Replicas replicas, ReplicaSpec spec) {
    this.spark = spark;
    this.replicas = replicas;
    this.spec = spec;
  }

  @Override
  public Round train(TrainingState start, double rateFactor, int round, int rounds) {
    int epoch = start.epoch();
    ReplicaTally tally = new ReplicaTally();
    spark.sc().register(tally);
    MultiLayerNetwork network = Dl4jNetworks.of(spec.scaled(rateFactor), start.weights(), epoch);
    SparkDl4jMultiLayer distributed =
        new SparkDl4jMultiLayer(
            spark, network, master(new TallyHook(tally, replicas.progress().counters())));
    int classes = spec.network().outputs();
    long begin = System.nanoTime();
    spark.setJobDescription(Replicas.roundName(epoch, round, rounds));
    try {
      MultiLayerNetwork trained =
          distributed.fit(
              replicas.batches(
                  (images, order, from, to) -> ImageDataSets.of(images, order, from, to, classes),
                  epoch,
                  round,
                  rounds));
      return round(trained, tally, (System.nanoTime() - begin) / 1e9);
    } finally {
      spark.setJobDescription("");
    }
  }

  /**
   * Trains a round in one piece. Batches are neither exported to disk, nor moved to another
   * partition, nor cached, since the partitions are.
   */
  private ParameterAveragingTrainingMaster master(TallyHook hook) {
    int batch = spec.hyperparameters().batch();
    return new ParameterAveragingTrainingMaster.Builder(replicas.count(), batch)
        .batchSizePerWorker(batch)
        .averagingFrequency(replicas.mostBatches())
        .workerPrefetchNumBatches(0)
        .rddTrainingApproach(RDDTrainingApproach.Direct)
        .repartionData(Repartition.Never)
        .storageLevel(null)
        .saveUpdater(false) // plain SGD has no state
        .trainingHooks(hook)
        .build();
  }

  private Round round(MultiLayerNetwork trained, ReplicaTally tally, double wallSeconds) {
    Collection<ReplicaTally.Batch> told = tally.value().values();
    Measurement measurement =
        told.stream()
            .map(ReplicaTally.Batch::measurement)
            .reduce(Measurement.none(spec.network().depth()), Measurement::plus);
    double slowest = told.stream().mapToDouble(ReplicaTally.Batch::seconds).max().orElse(0);
    double all = told.stream().mapToDouble(ReplicaTally.Batch::seconds).sum();
    double compute = replicas.computeSeconds(slowest, all);
    return new Round(
        new Weights(spec.network(), Floats.of(trained.params())),
        UpdaterState.ZERO,
        measurement,
        Double.NaN,
        compute,
        Math.max(0, wallSeconds - compute),
        0);
  }

  /**
   * Lets DL4J evaluate weights on Spark.
   *
   * @param weights not modified
   * @param source of the examples
   * @param batch number of examples relaxed at a time
   */
  public Evaluation evaluate(Weights weights, ExampleSource source, int batch) {
    MultiLayerNetwork network = Dl4jNetworks.of(spec, weights, 0);
    var examples =
        ImageDataSets.rdd(spark, source, spec.network().outputs(), batch, replicas.count());
    return new SparkDl4jMultiLayer(spark, network, null)
        .doEvaluation(
            examples,
            Math.max(replicas.count(), replicas.cores()), // so no task waits for another's network
            batch,
            new Evaluation(spec.network().outputs()))[0];
  }
}
