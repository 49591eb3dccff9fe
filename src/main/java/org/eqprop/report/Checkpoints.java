package org.eqprop.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.distributed.EpochReport;
import org.eqprop.distributed.Progress;
import org.eqprop.distributed.TrainingListener;
import org.eqprop.model.ModelFile;
import org.jspecify.annotations.Nullable;

/**
 * The last few states of a training, from which it can go on. A state between two epochs is the
 * weights and the number of the epoch: all else that an epoch depends on (learning rates, order of
 * the examples, signs) follows from the configuration and that number. So a checkpoint is a model
 * file, {@code checkpoint-EPOCH.safetensors}, with its configuration.
 */
public final class Checkpoints implements TrainingListener {
  private static final String PATTERN = "checkpoint-\\d{6}\\.safetensors";

  private final Storage storage;
  private final String folder;
  private final RunConfiguration configuration;
  private int lastEpoch;
  private float @Nullable [] lastParameters;
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

  /** A state to go on from. */
  public static final class State {
    private final int epoch;
    private final float[] parameters;

    /**
     * @param epoch the last epoch that has ended; 0 if none has
     * @param parameters flat as in {@link org.eqprop.model.Parameters#of}; not copied
     */
    public State(int epoch, float[] parameters) {
      this.epoch = epoch;
      this.parameters = parameters;
    }

    /** Returns the last epoch that has ended; 0 if none has. */
    public int epoch() {
      return epoch;
    }

    /** Returns the weights and biases, flat; not to be modified. */
    public float[] parameters() {
      return parameters;
    }
  }

  /**
   * Returns the newest state that can be read.
   *
   * @param warn told of each damaged checkpoint that is passed over
   * @throws InputException if the folder cannot be read, or a checkpoint is of another
   *     configuration
   */
  public Optional<State> newest(Consumer<String> warn) {
    List<String> names = new ArrayList<>(names());
    Collections.reverse(names);
    for (String name : names) {
      ModelFile file;
      try {
        file = ModelFile.read(storage, path(name));
      } catch (InputException e) {
        warn.accept(e.getMessage() + "; going back to the checkpoint before");
        continue;
      }
      requireSameConfiguration(file, path(name));
      return Optional.of(new State(epoch(file, path(name)), file.parameters()));
    }
    return Optional.empty();
  }

  private void requireSameConfiguration(ModelFile file, String location) {
    String json = String.valueOf(file.metadata().get(ModelFile.CONFIGURATION));
    RunConfiguration theirs =
        new ConfigurationReader().text(json, location + " (configuration)").read();
    configuration
        .difference(theirs)
        .ifPresent(
            difference -> {
              throw new InputException(
                  "--resume: "
                      + difference
                      + ", as in "
                      + location
                      + ": a run goes on as it began");
            });
  }

  private static int epoch(ModelFile file, String location) {
    try {
      return Integer.parseInt(String.valueOf(file.metadata().get(ModelFile.EPOCH)));
    } catch (NumberFormatException e) {
      throw new InputException(location + ": no epoch in its metadata", e);
    }
  }

  /**
   * Makes sure that the folder has no checkpoints of another run.
   *
   * @param overwrite whether those that are there may be deleted
   * @throws InputException if there are some and they may not be, or cannot be deleted
   */
  public void clear(boolean overwrite) {
    List<String> names = names();
    if (!names.isEmpty() && !overwrite) {
      throw new InputException(
          "checkpoint.dir = "
              + folder
              + ": has checkpoints of another run: choose another folder, or add --overwrite to delete them");
    }
    try {
      for (String name : names) {
        storage.delete(path(name));
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {}

  @Override
  public synchronized void epochEnded(EpochReport report, float[] parameters) {
    lastEpoch = report.epoch();
    lastParameters = parameters;
    int every = configuration.checkpoint().every();
    if (every > 0 && lastEpoch % every == 0) {
      write();
    }
  }

  /**
   * Writes the state after the last epoch that has ended, unless it is written already.
   *
   * @return the epoch; 0 if none has ended
   */
  public synchronized int writeLast() {
    if (lastEpoch > written) {
      write();
    }
    return lastEpoch;
  }

  private void write() {
    if (lastParameters == null) {
      return;
    }
    ModelFile file =
        new ModelFile(
            configuration.rule().topology(),
            lastParameters,
            Map.of(
                ModelFile.CONFIGURATION,
                configuration.toJson(),
                ModelFile.EPOCH,
                String.valueOf(lastEpoch)));
    try {
      storage.createFolder(folder);
      file.write(storage, path(String.format("checkpoint-%06d.safetensors", lastEpoch)));
      written = lastEpoch;
      List<String> names = names();
      for (String old :
          names.subList(0, Math.max(0, names.size() - configuration.checkpoint().keep()))) {
        storage.delete(path(old));
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private List<String> names() {
    try {
      return storage.list(folder).stream().filter(name -> name.matches(PATTERN)).toList();
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  private InputException unwritable(IOException e) {
    return new InputException(folder + ": cannot be written: " + InputException.reason(e), e);
  }

  private String path(String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }
}
