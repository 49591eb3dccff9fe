package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Presets;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that define a configuration: a preset, a file, and changes to them. */
final class ConfigurationOptions {
  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "a configuration that comes with the program: mnist (the default), conv-mnist, conv-mnist-best, notebook, paper-1x500, paper-2x500, paper-3x500, dchn-cifar10 or dchn-cifar100")
  @Nullable String preset;

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description =
          "a HOCON file, local or on any Hadoop file system; its keys override those of"
              + " --preset; without --preset, other keys have their defaults, not the values of"
              + " preset mnist")
  @Nullable String file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "change one key, such as --set training.epochs=3; may be repeated")
  List<String> assignments = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "seed of everything random (" + Hyperparameters.SEED_KEY + ")")
  @Nullable String seed;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description = "what computes: auto, blas (CPU), cuda (NVIDIA GPU) or nd4j")
  @Nullable String backend;

  @Option(names = "--print-config", description = "print the resolved configuration and exit")
  boolean print;

  /**
   * A change of one key.
   *
   * @param option the option by which the user asked for it, such as {@code --epochs}
   */
  record Change(String option, String key, String value) {}

  /** Returns the configuration's name for titles and folders. */
  String name() {
    if (file != null) {
      String last = file.substring(file.lastIndexOf('/') + 1);
      return last.endsWith(".conf") ? last.substring(0, last.length() - 5) : last;
    }
    return preset == null ? Presets.NAMES.get(0) : preset;
  }

  /**
   * Resolves the options.
   *
   * @param further further changes, applied after those of --set
   */
  RunConfiguration read(Storage storage, Change... further) {
    ConfigurationReader reader =
        preset == null && file != null
            ? new ConfigurationReader()
            : Presets.read(preset == null ? Presets.NAMES.get(0) : preset);
    if (file != null) {
      reader = reader.file(storage, file);
    }
    return change(reader, further).read();
  }

  /** Returns whether a preset or a file was named. */
  boolean namesSource() {
    return preset != null || file != null;
  }

  /** Returns whether no option was given. */
  boolean namesNothing() {
    return !namesSource() && assignments.isEmpty() && seed == null && backend == null;
  }

  /** Returns whether --set changes a key. */
  boolean sets(String key) {
    return assignments.stream().anyMatch(a -> a.split("=", 2)[0].strip().equals(key));
  }

  /** Resolves the changes on top of another source. */
  RunConfiguration changed(ConfigurationReader source, Change... further) {
    return change(source, further).read();
  }

  /** Resolves the changes on top of the configuration that a model was trained with. */
  RunConfiguration change(String json, String origin) {
    if (preset != null || file != null) {
      throw new InputException(
          "--preset and --conf cannot be combined with a model, which has its own configuration;"
              + " use --set");
    }
    return change(new ConfigurationReader().text(json, origin)).read();
  }

  private ConfigurationReader change(ConfigurationReader reader, Change... further) {
    ConfigurationReader changed = reader;
    for (String assignment : assignments) {
      changed = changed.set(assignment);
    }
    List<Change> changes = new ArrayList<>();
    add(changes, "--seed", Hyperparameters.SEED_KEY, seed);
    add(changes, "--backend", Backend.KEY, backend);
    changes.addAll(List.of(further));
    for (Change change : changes) {
      changed = changed.set(change.key, change.value, change.option);
    }
    return changed;
  }

  /** Adds a change to the list if its option was given. */
  static void add(List<Change> changes, String option, String key, @Nullable String value) {
    if (value != null) {
      changes.add(new Change(option, key, value));
    }
  }

  /** Prints the configuration if --print-config asks for it, and returns whether it does. */
  boolean printed(RunConfiguration configuration) {
    if (print) {
      System.out.print(configuration.toHocon());
    }
    return print;
  }
}
