package org.eqprop.learning;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.Slice;

/**
 * Stochastic gradient descent: θ_k ← θ_k − α_k·f(epoch)·g_k, epochs counted from 0, f the schedule;
 * α_1 is multiplied by a scale that fits the data.
 *
 * @param epochs how many epochs, ≥ 1
 * @param batch examples a batch, ≥ 1; a partition's last batch may be smaller
 * @param learningRates α_1 … α_L, one per layer, input side first; α_1 is not scaled yet
 * @param schedule how every α changes over the epochs
 * @param batchesPerEpoch batches an epoch over all replicas together; 0: all examples
 * @param seed of everything random
 * @param rateScale factor on α_1, in (0, 100]
 * @param centering what the first layer learns relative to
 */
public record Hyperparameters(
    int epochs,
    int batch,
    List<Double> learningRates,
    RateSchedule schedule,
    int batchesPerEpoch,
    long seed,
    double rateScale,
    Centering centering)
    implements Serializable {

  /**
   * @throws InvalidValueException if a value is out of its range, or no epoch is left after the
   *     warm-up
   */
  public Hyperparameters {
    learningRates = List.copyOf(learningRates);
    InvalidValueException.check(
        epochs >= 1 && epochs <= 100_000,
        "training.epochs",
        epochs,
        "a whole number from 1 to 100000");
    InvalidValueException.check(
        batch >= 1 && batch <= 100_000, "training.batch", batch, "a whole number from 1 to 100000");
    for (double rate : learningRates) {
      InvalidValueException.check(
          rate > 0 && rate <= 100, "training.learning-rates", learningRates, "numbers in (0, 100]");
    }
    InvalidValueException.check(
        schedule.warmUpEpochs() < epochs,
        "training.warm-up-epochs",
        schedule.warmUpEpochs(),
        "less than training.epochs = " + epochs);
    InvalidValueException.check(
        batchesPerEpoch >= 0,
        "training.batches-per-epoch",
        batchesPerEpoch,
        "a whole number from 0 (all) up");
    InvalidValueException.check(
        rateScale > 0 && rateScale <= 100,
        "training.learning-rate-scale",
        rateScale,
        "a number in (0, 100], or auto");
    if (!learningRates.isEmpty()) {
      InvalidValueException.check(
          learningRates.get(0) * rateScale <= 100,
          "training.learning-rate-scale",
          rateScale,
          "the first of training.learning-rates times this in (0, 100]");
    }
  }

  /**
   * Creates hyperparameters whose α decay exponentially, with rate scale 1 and no centering, as for
   * MNIST.
   *
   * @param decay factor on every α after each epoch, in (0, 1]
   */
  public Hyperparameters(
      int epochs,
      int batch,
      List<Double> learningRates,
      double decay,
      int batchesPerEpoch,
      long seed) {
    this(
        epochs,
        batch,
        learningRates,
        RateSchedule.exponential(decay),
        batchesPerEpoch,
        seed,
        1,
        Centering.NONE);
  }

  /** Returns these with every α multiplied. */
  public Hyperparameters scaled(double factor) {
    return new Hyperparameters(
        epochs,
        batch,
        learningRates.stream().map(rate -> rate * factor).toList(),
        schedule,
        batchesPerEpoch,
        seed,
        rateScale,
        centering);
  }

  /** Returns α_1 … α_L, which the schedule multiplies by 1 at most, α_1 scaled. */
  public List<Double> fullRates() {
    return IntStream.rangeClosed(1, learningRates.size()).mapToObj(this::fullRate).toList();
  }

  private double fullRate(int k) {
    return learningRates.get(k - 1) * (k == 1 ? rateScale : 1);
  }

  /**
   * Returns α_k of an epoch.
   *
   * @param k layer of weights, from 1
   * @param epoch from 0 to epochs−1
   */
  public double learningRate(int k, int epoch) {
    return fullRate(k) * schedule.factor(epoch, epochs);
  }

  /**
   * Returns how many batches an epoch has on one partition.
   *
   * @param examples of the partition
   * @param partition 0 … partitions−1
   * @param partitions number of replicas
   */
  public int batches(int examples, int partition, int partitions) {
    int all = (examples + batch - 1) / batch;
    if (batchesPerEpoch == 0) {
      return all;
    }
    return Math.min(all, new Slice(0, batchesPerEpoch).part(partition, partitions).size());
  }
}
