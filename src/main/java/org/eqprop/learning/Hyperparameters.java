package org.eqprop.learning;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.Slice;
import org.eqprop.data.Augmentation;

/**
 * How the weights follow the gradient estimates: an {@link Updater} moves W_k at the rate
 * α_k·f(epoch) and b_k at its own rate, where f is the schedule and epochs count from 0. Plain SGD
 * is θ_k ← θ_k − α_k·f(epoch)·g_k. The rates of the first layer are multiplied by a scale that fits
 * the data.
 *
 * @param epochs number of epochs, ≥ 1
 * @param batch examples per batch, ≥ 1; a partition's last batch may be smaller
 * @param learningRates α_1 … α_L, one per layer, input side first; α_1 before scaling
 * @param biasLearningRates rates of b_1 … b_L, the first before scaling, too; empty: the same as
 *     {@code learningRates}
 * @param schedule how every α changes over the epochs
 * @param batchesPerEpoch batches per epoch of all replicas together; 0: enough for all examples
 * @param seed seed of all random numbers
 * @param rateScale factor of the rates of W_1 and b_1, in (0, 100]
 * @param centering the center that the first layer learns relative to
 * @param updater the update rule
 * @param augmentation how the images are changed in each epoch
 */
public record Hyperparameters(
    int epochs,
    int batch,
    List<Double> learningRates,
    List<Double> biasLearningRates,
    RateSchedule schedule,
    int batchesPerEpoch,
    long seed,
    double rateScale,
    Centering centering,
    UpdaterSettings updater,
    Augmentation augmentation)
    implements Serializable {

  /** The key of {@link #epochs}. */
  public static final String EPOCHS_KEY = "training.epochs";

  /** The key of {@link #batch}. */
  public static final String BATCH_KEY = "training.batch";

  /** The key of {@link #learningRates}. */
  public static final String LEARNING_RATES_KEY = "training.learning-rates";

  /** The key of {@link #biasLearningRates}. */
  public static final String BIAS_LEARNING_RATES_KEY = "training.bias-learning-rates";

  /** The key of {@link #batchesPerEpoch}. */
  public static final String BATCHES_PER_EPOCH_KEY = "training.batches-per-epoch";

  /** The key of {@link #seed}. */
  public static final String SEED_KEY = "training.seed";

  /** The key of {@link #rateScale}. */
  public static final String RATE_SCALE_KEY = "training.learning-rate-scale";

  /** The key of {@link #centering}. */
  public static final String CENTERING_KEY = "training.input-center";

  /**
   * @throws InvalidValueException if a value is out of its range, or the warm-up leaves no epoch
   */
  public Hyperparameters {
    learningRates = List.copyOf(learningRates);
    biasLearningRates = List.copyOf(biasLearningRates);
    InvalidValueException.check(
        epochs >= 1 && epochs <= 100_000, EPOCHS_KEY, epochs, "a whole number from 1 to 100000");
    InvalidValueException.check(
        batch >= 1 && batch <= 100_000, BATCH_KEY, batch, "a whole number from 1 to 100000");
    checkRates(learningRates, LEARNING_RATES_KEY);
    checkRates(biasLearningRates, BIAS_LEARNING_RATES_KEY);
    InvalidValueException.check(
        schedule.warmUpEpochs() < epochs,
        RateSchedule.WARM_UP_EPOCHS_KEY,
        schedule.warmUpEpochs(),
        "less than " + EPOCHS_KEY + " = " + epochs);
    InvalidValueException.check(
        batchesPerEpoch >= 0,
        BATCHES_PER_EPOCH_KEY,
        batchesPerEpoch,
        "a whole number from 0 (0: all)");
    InvalidValueException.check(
        rateScale > 0 && rateScale <= 100,
        RATE_SCALE_KEY,
        rateScale,
        "a number in (0, 100], or auto");
    checkScaled(learningRates, rateScale, LEARNING_RATES_KEY);
    checkScaled(biasLearningRates, rateScale, BIAS_LEARNING_RATES_KEY);
  }

  private static void checkRates(List<Double> rates, String key) {
    InvalidValueException.check(
        rates.stream().allMatch(rate -> rate > 0 && rate <= 100),
        key,
        rates,
        "numbers in (0, 100]");
  }

  private static void checkScaled(List<Double> rates, double scale, String key) {
    InvalidValueException.check(
        rates.isEmpty() || rates.get(0) * scale <= 100,
        RATE_SCALE_KEY,
        scale,
        "a factor that keeps the first of " + key + " in (0, 100]");
  }

  /**
   * Reads the keys below {@code training}. The rate scale is 1 while it is {@code auto}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static Hyperparameters of(KeyValues values) {
    return new Hyperparameters(
        values.whole(EPOCHS_KEY),
        values.whole(BATCH_KEY),
        values.numbers(LEARNING_RATES_KEY),
        values.numbers(BIAS_LEARNING_RATES_KEY),
        RateSchedule.of(values),
        values.whole(BATCHES_PER_EPOCH_KEY),
        values.wholeLong(SEED_KEY),
        values.isAuto(RATE_SCALE_KEY) ? 1 : values.number(RATE_SCALE_KEY),
        values.choice(CENTERING_KEY, Centering.class),
        UpdaterSettings.of(values),
        Augmentation.of(values));
  }

  /** Creates hyperparameters for plain SGD, with the same rates for biases as for weights. */
  public Hyperparameters(
      int epochs,
      int batch,
      List<Double> learningRates,
      RateSchedule schedule,
      int batchesPerEpoch,
      long seed,
      double rateScale,
      Centering centering) {
    this(
        epochs,
        batch,
        learningRates,
        List.of(),
        schedule,
        batchesPerEpoch,
        seed,
        rateScale,
        centering,
        UpdaterSettings.PLAIN,
        Augmentation.NONE);
  }

  /**
   * Creates hyperparameters for plain SGD whose α decay exponentially, with rate scale 1 and no
   * centering, as for MNIST.
   *
   * @param decay factor of every α after each epoch, in (0, 1]
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

  /** Returns a copy with every α multiplied by a factor, for weights and biases. */
  public Hyperparameters scaled(double factor) {
    return new Hyperparameters(
        epochs,
        batch,
        times(learningRates, factor),
        times(biasLearningRates, factor),
        schedule,
        batchesPerEpoch,
        seed,
        rateScale,
        centering,
        updater,
        augmentation);
  }

  /** Returns a copy with another update rule. */
  public Hyperparameters updatedBy(UpdaterSettings other) {
    return new Hyperparameters(
        epochs,
        batch,
        learningRates,
        biasLearningRates,
        schedule,
        batchesPerEpoch,
        seed,
        rateScale,
        centering,
        other,
        augmentation);
  }

  private static List<Double> times(List<Double> rates, double factor) {
    return rates.stream().map(rate -> rate * factor).toList();
  }

  /** Returns α_1 … α_L with α_1 scaled, before the schedule multiplies them by at most 1. */
  public List<Double> fullRates() {
    return full(learningRates);
  }

  /**
   * Returns the rates of b_1 … b_L with the first scaled, before the schedule multiplies them by at
   * most 1.
   */
  public List<Double> fullBiasRates() {
    return full(biasLearningRates.isEmpty() ? learningRates : biasLearningRates);
  }

  private List<Double> full(List<Double> rates) {
    return IntStream.range(0, rates.size())
        .mapToObj(k -> rates.get(k) * (k == 0 ? rateScale : 1))
        .toList();
  }

  /**
   * Returns the rate of W_k in an epoch.
   *
   * @param k layer of weights, from 1
   * @param epoch from 0 to epochs−1
   */
  public double learningRate(int k, int epoch) {
    return fullRates().get(k - 1) * schedule.factor(epoch, epochs);
  }

  /**
   * Returns the rate of b_k in an epoch.
   *
   * @param k layer of weights, from 1
   * @param epoch from 0 to epochs−1
   */
  public double biasRate(int k, int epoch) {
    return fullBiasRates().get(k - 1) * schedule.factor(epoch, epochs);
  }

  /**
   * Returns the rates of all tensors in an epoch, in the order of the layout: W_1, b_1, W_2, b_2, …
   *
   * @param epoch from 0 to epochs−1
   */
  public List<Double> tensorRates(int epoch) {
    List<Double> rates = new ArrayList<>();
    for (int k = 1; k <= learningRates.size(); k++) {
      rates.add(learningRate(k, epoch));
      rates.add(biasRate(k, epoch));
    }
    return rates;
  }

  /**
   * Returns how many batches an epoch has on one partition.
   *
   * @param examples number of examples in the partition
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
