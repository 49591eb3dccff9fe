package org.eqprop.track;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.EnumMap;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.MetricsSystem;
import org.apache.spark.metrics.source.Source;
import org.eqprop.run.Metric;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.jspecify.annotations.Nullable;

/**
 * Reports the training to Spark's metrics system on the driver, and thereby to its sinks: the
 * Prometheus servlet, JMX, CSV files, … There is a gauge per {@link Metric}, with its key and its
 * value in the last finished epoch (NaN if it was not measured), and {@value #IMAGES}: how many
 * images have been trained on so far, including the current epoch.
 */
public final class SparkMetrics implements TrainingListener, Source, AutoCloseable {
  /** The prefix of the names of the gauges, after the application and {@code driver}. */
  static final String NAME = "eqprop";

  /** The name of the gauge of images, which only grows. */
  static final String IMAGES = "images";

  private final MetricRegistry registry = new MetricRegistry();
  private final @Nullable MetricsSystem system;
  private volatile Shown shown = new Shown(Map.of(), 0, null);

  /**
   * The values of the gauges.
   *
   * @param epoch metrics of the last finished epoch
   * @param images trained on in finished epochs
   * @param running progress of the current epoch; null between epochs
   */
  private record Shown(Map<Metric, Number> epoch, long images, @Nullable Progress running) {}

  private SparkMetrics(@Nullable MetricsSystem system) {
    this.system = system;
    for (Metric metric : Metric.values()) {
      registry.register(
          metric.key(), (Gauge<Number>) () -> shown.epoch.getOrDefault(metric, Double.NaN));
    }
    registry.register(IMAGES, (Gauge<Long>) this::images);
  }

  /** Registers with the metrics system of the Spark context of this process. */
  public static SparkMetrics register() {
    SparkEnv environment = SparkEnv.get();
    SparkMetrics metrics =
        new SparkMetrics(environment == null ? null : environment.metricsSystem());
    if (metrics.system != null) {
      metrics.system.registerSource(metrics);
    }
    return metrics;
  }

  private long images() {
    Shown now = shown;
    return now.images + (now.running == null ? 0 : now.running.now().images());
  }

  @Override
  public String sourceName() {
    return NAME;
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {
    shown = new Shown(shown.epoch, shown.images, progress);
  }

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    Map<Metric, Number> epoch = new EnumMap<>(Metric.class);
    for (Metric metric : Metric.values()) {
      Number value = metric.measured(report);
      if (value != null) {
        epoch.put(metric, value);
      }
    }
    shown = new Shown(epoch, shown.images + report.training().examples(), null);
  }

  /** Sends the last values to the sinks that are written periodically, and unregisters. */
  @Override
  public void close() {
    if (system != null) {
      system.report();
      system.removeSource(this);
    }
  }
}
