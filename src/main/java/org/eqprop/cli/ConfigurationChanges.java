package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.backend.Backend;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Hyperparameters;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that change a configuration, wherever it comes from. */
@OptionGroup("Configuration")
class ConfigurationChanges {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "change one key, such as --set training.epochs=3; may be repeated")
  List<String> assignments = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "random seed (" + Hyperparameters.SEED_KEY + ")")
  @Nullable String seed;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "what the network is computed with: auto, blas (CPU), cuda (NVIDIA GPU) or nd4j")
  @Nullable String backend;

  @Option(
      names = "--print-config",
      description = "print every key with its value and meaning, and exit")
  boolean print;

  /**
   * A change of one key.
   *
   * @param option the option by which the user asked for it, such as {@code --epochs}
   */
  record Change(String option, String key, String value) {}

  /** Returns whether no option was given. */
  boolean namesNothing() {
    return assignments.isEmpty() && seed == null && backend == null;
  }

  /** Returns whether --set changes a key. */
  boolean sets(String key) {
    return assignments.stream().anyMatch(a -> a.split("=", 2)[0].strip().equals(key));
  }

  /** Applies the changes to the configuration that a model was trained with. */
  RunConfiguration change(String json, String origin) {
    return changed(new ConfigurationReader().text(json, origin));
  }

  /**
   * Applies the changes to a configuration.
   *
   * @param further further changes, applied last
   */
  RunConfiguration changed(ConfigurationReader source, Change... further) {
    ConfigurationReader changed = source;
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
    return changed.read();
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
