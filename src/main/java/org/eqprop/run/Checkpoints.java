package org.eqprop.run;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.CheckpointSettings;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The last few states of a training, from which it can be resumed. A state between two epochs
 * consists of the weights, the state of the replicas' updaters, the outer optimizer's velocity, the
 * lowest error so far and the number of the epoch ({@link TrainingState}). So a checkpoint is a
 * model file, {@code checkpoint-EPOCH.safetensors}, which also contains the configuration.
 */
public final class Checkpoints implements TrainingListener {
  private static final String ERROR = "error";
  private static final String PATTERN = "checkpoint-\\d{6}\\.safetensors";

  private final Storage storage;
  private final String folder;
  private final RunConfiguration configuration;
  private @Nullable TrainingState last;
  private int written;

  /**
   * @param storage resolves the location
   * @param folder of the checkpoints; need not exist
   * @param configuration of the run, the number of replicas resolved
   */
  public Checkpoints(Storage storage, String folder, RunConfiguration configuration) {
    this.storage = storage;
    this.folder = folder;
    this.configuration = configuration;
  }

  /** Returns the folder of the checkpoints. */
  public String folder() {
    return folder;
  }

  /**
   * Returns the newest state that can be read, from which training resumes; damaged checkpoints
   * after it are deleted when the next one is written.
   *
   * @param warn called for each damaged checkpoint that is skipped
   * @return empty if there are no checkpoints
   * @throws InputException if the folder cannot be read, or a checkpoint is of another
   *     configuration, or all of them are damaged
   */
  public synchronized Optional<TrainingState> newest(Consumer<String> warn) {
    List<String> names = new ArrayList<>(names());
    Collections.reverse(names);
    String damage = "";
    for (String name : names) {
      TrainingState state;
      Optional<String> difference = Optional.empty();
      try {
        ModelFile file = ModelFile.read(storage, path(name));
        difference = configuration.difference(configuration(file, path(name)));
        state = state(file, name);
      } catch (InputException e) {
        requireSame(difference, path(name));
        damage = String.valueOf(e.getMessage());
        warn.accept(damage + "; falling back to the previous checkpoint");
        continue;
      }
      requireSame(difference, path(name));
      last = state;
      written = state.epoch();
      return Optional.of(state);
    }
    if (!names.isEmpty()) {
      throw new InputException("--resume: no checkpoint can be read; the oldest: " + damage);
    }
    return Optional.empty();
  }

  /**
   * Returns whether the run's process was killed while it wrote its first checkpoint: the temporary
   * file of that checkpoint exists, there is no checkpoint, and no later epoch has finished. Such a
   * run has nothing to resume from, and it will write again everything that it wrote before.
   *
   * @param epochs number of finished epochs
   * @throws InputException if the folder cannot be read
   */
  public boolean endedInFirst(int epochs) {
    int every = configuration.checkpoint().every();
    if (every == 0 || epochs > every || !names().isEmpty()) {
      return false;
    }
    String temporary = "." + name(every) + ".";
    return storage.list(folder).stream()
        .anyMatch(name -> name.startsWith(temporary) && name.endsWith(".tmp"));
  }

  private static RunConfiguration configuration(ModelFile file, String location) {
    String json = String.valueOf(file.metadata().get(ModelFile.CONFIGURATION));
    RunConfiguration read =
        new ConfigurationReader().text(json, location + " (configuration)").read();
    if (!read.spec().network().hasParametersOf(file.network())) {
      throw new InputException(
          location
              + ": its weights are of a network "
              + file.network()
              + ": expected "
              + read.spec().network()
              + ", as in its configuration");
    }
    return read;
  }

  private static void requireSame(Optional<String> difference, String location) {
    if (difference.isPresent()) {
      throw new InputException(
          "--resume: "
              + difference.get()
              + ", as in "
              + location
              + ": a resumed run keeps its configuration");
    }
  }

  private TrainingState state(ModelFile file, String name) {
    String epoch = file.metadata().getOrDefault(ModelFile.EPOCH, "missing");
    if (!epoch.matches("[1-9]\\d{0,5}") || !name(Integer.parseInt(epoch)).equals(name)) {
      throw new InputException(
          path(name)
              + ": epoch = "
              + epoch
              + " in its metadata: expected the epoch in its file name");
    }
    requireState(file.updater(), name);
    return TrainingState.of(file, Integer.parseInt(epoch), error(file, name));
  }

  private void requireState(UpdaterState state, String name) {
    UpdaterSettings updater = configuration.spec().hyperparameters().updater();
    int arrays = updater.updater().stateSize();
    if (!state.isZero() && state.values().size() != arrays) {
      throw new InputException(
          path(name)
              + ": "
              + state.values().size()
              + " arrays of updater state: expected "
              + arrays
              + ", since training.updater.kind = "
              + KeyValues.word(updater.kind())
              + " has that many");
    }
  }

  private double error(ModelFile file, String name) {
    String text = file.metadata().getOrDefault(ERROR, "missing");
    try {
      double error = Double.parseDouble(text);
      if (Double.isNaN(error) || (error >= 0 && error <= 1)) {
        return error;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new InputException(
        path(name) + ": error = " + text + " in its metadata: expected a rate from 0 to 1");
  }

  /**
   * Checks that a folder has no checkpoints of another run, without changing anything.
   *
   * @param overwrite whether existing checkpoints may be deleted
   * @throws InputException if there are checkpoints that must not be deleted, or the folder cannot
   *     be read
   */
  public static void check(Storage storage, String folder, boolean overwrite) {
    if (!overwrite && !names(storage, folder).isEmpty()) {
      throw new InputException(
          CheckpointSettings.FOLDER_KEY
              + " = "
              + folder
              + ": has checkpoints of another run: choose another folder, or add --overwrite to"
              + " delete them");
    }
  }

  /**
   * Deletes the checkpoints of a previous run.
   *
   * @throws InputException if they cannot be deleted
   */
  public void clear() {
    names().forEach(name -> storage.delete(path(name)));
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {}

  @Override
  public synchronized void epochEnded(EpochReport report, TrainingState state) {
    last = state;
    int every = configuration.checkpoint().every();
    if (every > 0 && state.epoch() % every == 0) {
      write(state);
    }
  }

  /**
   * Writes the state after the last finished epoch, unless it has been written already.
   *
   * @return the epoch; 0 if none has finished
   */
  public synchronized int writeLast() {
    if (last == null) {
      return 0;
    }
    if (last.epoch() > written) {
      write(last);
    }
    return last.epoch();
  }

  private void write(TrainingState state) {
    storage.createFolder(folder);
    String newest = name(state.epoch());
    state
        .checkpoint(configuration, ERROR, String.valueOf(state.error()))
        .write(storage, path(newest));
    written = state.epoch();
    prune(newest);
  }

  private static String name(int epoch) {
    return String.format(Locale.ROOT, "checkpoint-%06d.safetensors", epoch);
  }

  /**
   * Deletes all checkpoints but the newest ones up to this one, and those after it, from which the
   * run was not resumed.
   */
  private void prune(String newest) {
    List<String> older = new ArrayList<>();
    for (String name : names()) {
      if (name.compareTo(newest) > 0) {
        storage.delete(path(name));
      } else {
        older.add(name);
      }
    }
    int surplus = Math.max(0, older.size() - configuration.checkpoint().keep());
    for (String name : older.subList(0, surplus)) {
      storage.delete(path(name));
    }
  }

  private List<String> names() {
    return names(storage, folder);
  }

  private static List<String> names(Storage storage, String folder) {
    return storage.list(folder).stream().filter(name -> name.matches(PATTERN)).toList();
  }

  private String path(String name) {
    return Storage.path(folder, name);
  }
}
