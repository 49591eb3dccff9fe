package org.eqprop.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.eqprop.dynamics.Measurement;
import org.eqprop.spark.EpochReport;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a run: each is a key in every epoch's line in metrics.jsonl, in this order. Some
 * of them are also in the result.
 */
public enum Metric {
  EPOCH("epoch", "epoch", "%.0f"),
  /** Error on the training examples, each measured before its own update. */
  TRAIN_ERROR("trainError", "training error", Metric.RATE),
  VALIDATION_ERROR("validationError", "validation error", Metric.RATE),
  TEST_ERROR("testError", "test error", Metric.RATE),
  /** Mean E at the free equilibrium. */
  ENERGY("energy", "energy", "%.2f"),
  /** Mean C at the free equilibrium. */
  COST("cost", "cost", "%.4f"),
  /** Number of examples that were trained on. */
  EXAMPLES("examples", "examples", "%,.0f"),
  SECONDS("seconds", "seconds", "%.2f"),
  COMPUTE_SECONDS("computeSeconds", "computing", "%.2f"),
  BROADCAST_SECONDS("broadcastSeconds", "broadcast", "%.2f"),
  MERGE_SECONDS("mergeSeconds", "merging", "%.2f"),
  EVALUATE_SECONDS("evaluateSeconds", "evaluating", "%.2f"),
  IMAGES_PER_SECOND("imagesPerSecond", "images/s", "%,.0f"),
  /** Distance of the replicas from their mean, divided by the length of the mean's step. */
  REPLICA_SPREAD("replicaSpread", "spread", "%.2f");

  private static final String RATE = "";

  private final String key;
  private final String title;
  private final String format;

  Metric(String key, String title, String format) {
    this.key = key;
    this.title = title;
    this.format = format;
  }

  /** Returns its key in JSON. */
  public String key() {
    return key;
  }

  /** Returns its name in words. */
  public String title() {
    return title;
  }

  /**
   * Returns the value of this metric in a line of metrics, or in a result.
   *
   * @return NaN if it was not measured, or is not a finite number
   */
  public double of(JsonNode line) {
    double value = line.path(key).isNumber() ? line.path(key).asDouble() : Double.NaN;
    return Double.isFinite(value) ? value : Double.NaN;
  }

  /** Returns the value of this metric for an epoch; null if it was not measured. */
  public @Nullable Number measured(EpochReport report) {
    return switch (this) {
      case EPOCH -> report.epoch();
      case TRAIN_ERROR -> report.training().errorRate();
      case VALIDATION_ERROR -> error(report.validation());
      case TEST_ERROR -> error(report.test());
      case ENERGY -> report.training().meanEnergy();
      case COST -> report.training().meanCost();
      case EXAMPLES -> report.training().examples();
      case SECONDS -> report.seconds();
      case COMPUTE_SECONDS -> report.computeSeconds();
      case BROADCAST_SECONDS -> report.broadcastSeconds();
      case MERGE_SECONDS -> report.mergeSeconds();
      case EVALUATE_SECONDS -> report.evaluateSeconds();
      case IMAGES_PER_SECOND -> report.imagesPerSecond();
      case REPLICA_SPREAD ->
          Double.isNaN(report.replicaSpread()) ? null : (Number) report.replicaSpread();
    };
  }

  private static @Nullable Number error(@Nullable Measurement measurement) {
    return measurement == null ? null : (Number) measurement.errorRate();
  }

  /** Returns a value as a number to plot: rates in per cent. */
  public double plotted(double value) {
    return isRate() ? 100 * value : value;
  }

  /** Returns a value as text for readers, rates with a per cent sign; a dash for NaN. */
  public String shown(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    return isRate() ? percent(value) : String.format(Locale.ROOT, format, value);
  }

  private boolean isRate() {
    return format.equals(RATE);
  }

  /** Returns a fraction as a percentage with two decimals. */
  public static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }
}
