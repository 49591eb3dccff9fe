package org.eqprop.ml;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;
import org.eqprop.config.RunConfiguration;
import org.eqprop.run.Checkpoints;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints from which the same fit, started again, resumes: the newest states, and the best one
 * by validation error. Each combination of configuration and data has its own folder, so that a fit
 * never resumes from another fit's checkpoints.
 */
final class FitCheckpoints {
  /** Saves nothing. */
  static final FitCheckpoints NONE = new FitCheckpoints(null, null);

  private static final Logger LOG = LoggerFactory.getLogger(EquilibriumPropagationClassifier.class);

  private final @Nullable Checkpoints newest;
  private final @Nullable Checkpoints best;

  private FitCheckpoints(@Nullable Checkpoints newest, @Nullable Checkpoints best) {
    this.newest = newest;
    this.best = best;
  }

  /**
   * @param folder holds the checkpoints of all fits
   * @param every number of epochs between saves of the newest state
   * @param configuration complete, with nothing left open
   * @param data checksum of the rows
   */
  static FitCheckpoints of(
      Storage storage, String folder, int every, RunConfiguration configuration, String data) {
    CRC32 crc = new CRC32();
    crc.update(configuration.toJson().getBytes(StandardCharsets.UTF_8));
    String name = String.format(Locale.ROOT, "fit-%08x-%s", crc.getValue(), data);
    String own = Storage.path(folder, name);
    return new FitCheckpoints(
        new Checkpoints(
            storage, own, configuration.with("checkpoint.every", String.valueOf(every))),
        new Checkpoints(
            storage,
            Storage.path(own, "best"),
            configuration.with("checkpoint.every", "1").with("checkpoint.keep", "1")));
  }

  /** Returns the newest state; empty if there is none. */
  Optional<TrainingState> newest() {
    return Optional.ofNullable(newest).flatMap(known -> known.newest(LOG::warn));
  }

  /** Returns the best state; empty if there is none. */
  Optional<TrainingState> best() {
    return Optional.ofNullable(best).flatMap(known -> known.newest(LOG::warn));
  }

  /** Returns the listeners that save the newest state. */
  List<TrainingListener> listeners() {
    return newest == null ? List.of() : List.of(newest);
  }

  /** Saves the best state. */
  void write(EpochReport report, TrainingState state) {
    if (best != null) {
      best.epochEnded(report, state);
    }
  }

  /** Deletes all checkpoints of this fit. */
  void clear() {
    if (newest != null && best != null) {
      newest.clear();
      best.clear();
    }
  }
}
