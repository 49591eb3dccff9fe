package org.eqprop.dl4j;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.TrainingHook;
import org.eqprop.dynamics.Measurement;
import org.eqprop.spark.RunningTask;
import org.eqprop.spark.TaskProgress;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Runs on the executors and reports each batch that DL4J has trained on to the driver. */
final class TallyHook implements TrainingHook {
  private static final long serialVersionUID = 1L;

  private final ReplicaTally tally;
  private final TaskProgress.Counters counters;
  private transient long begin;

  /**
   * @param tally registered with Spark
   * @param counters for the progress display
   */
  TallyHook(ReplicaTally tally, TaskProgress.Counters counters) {
    this.tally = tally;
    this.counters = counters;
  }

  @Override
  public void preUpdate(DataSet batch, Model model) {
    begin = System.nanoTime();
  }

  @Override
  public void postUpdate(DataSet batch, Model model) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (model instanceof MultiLayerNetwork network
        && network.getOutputLayer() instanceof EquilibriumNetwork layer) {
      Measurement measured = layer.measured();
      if (measured != null) {
        tally.add(new ReplicaTally.Batch(measured, seconds));
        counters.add(measured);
      }
    }
    RunningTask.endIfKilled();
  }

  @Override
  public void preUpdate(MultiDataSet batch, Model model) {}

  @Override
  public void postUpdate(MultiDataSet batch, Model model) {}
}
