package org.eqprop.track;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.eqprop.base.InputException;
import org.eqprop.run.Metric;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;

/**
 * Writes the metrics of each epoch for TensorBoard: a scalar per {@link Metric}, with its key as
 * the tag and the epoch as the step, in a file {@code events.out.tfevents.…} in a folder per run. A
 * resumed run starts another file there.
 */
public final class TensorBoard implements TrainingListener {
  private static final double MILLIS = 1000;

  private final EventFile file;
  private final Clock clock;
  private final Consumer<String> warning;
  private boolean failed;

  /**
   * Starts the file.
   *
   * @param folder for several runs: a local path or the URI of a Hadoop file system
   * @param run name of the run, and of its folder in that folder
   * @param epochs number of epochs that the run had finished before
   * @param warning receives a line if the file can no longer be written
   * @throws InputException if the file cannot be created
   */
  public TensorBoard(
      Storage storage, String folder, String run, int epochs, Consumer<String> warning) {
    this(storage, folder, run, epochs, warning, Clock.systemUTC());
  }

  TensorBoard(
      Storage storage,
      String folder,
      String run,
      int epochs,
      Consumer<String> warning,
      Clock clock) {
    this.clock = clock;
    this.warning = warning;
    String own = Storage.path(folder, run);
    storage.createFolder(own);
    // TensorBoard reads files with "tfevents" in their names, in alphabetical order.
    String name =
        String.format(
            Locale.ROOT,
            "events.out.tfevents.%013d.eqprop.%s",
            clock.millis(),
            UUID.randomUUID().toString().substring(0, 8));
    this.file = new EventFile(storage, Storage.path(own, name), epochs + 1L, seconds());
  }

  private double seconds() {
    return clock.millis() / MILLIS;
  }

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    if (failed) {
      return;
    }
    Map<String, Double> scalars = new LinkedHashMap<>();
    for (Metric metric : Metric.values()) {
      Number value = metric.measured(report);
      if (value != null && metric != Metric.EPOCH) {
        scalars.put(metric.key(), value.doubleValue());
      }
    }
    try {
      file.scalars(report.epoch(), seconds(), scalars);
    } catch (InputException e) {
      failed = true;
      warning.accept("no more events for TensorBoard: " + e.getMessage());
    }
  }
}
