package org.eqprop.cli;

import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Presets;
import org.eqprop.config.RunConfiguration;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that define a configuration: a preset, a file, and changes to them. */
final class ConfigurationOptions extends ConfigurationChanges {
  @Option(
      names = "--preset",
      order = -3, // before the changes
      paramLabel = "NAME",
      description =
          "a configuration that comes with the program: mnist, conv-mnist, conv-mnist-best, notebook, paper-1x500, paper-2x500, paper-3x500, dchn-cifar10 or dchn-cifar100; by default mnist, if nothing else gives a configuration")
  @Nullable String preset;

  @Option(
      names = "--conf",
      order = -2,
      paramLabel = "FILE",
      description =
          "a HOCON file (JSON with comments), local or on any Hadoop file system; keys that it"
              + " lacks come from --preset if that is given, otherwise each has its own default"
              + " (preset mnist is not used). A Spark property is written --conf"
              + " spark.KEY=VALUE")
  @Nullable String file;

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
    return changed(reader, further);
  }

  /** Returns whether a preset or a file was named. */
  boolean namesSource() {
    return preset != null || file != null;
  }

  @Override
  boolean namesNothing() {
    return !namesSource() && super.namesNothing();
  }

  /**
   * {@inheritDoc}
   *
   * @throws InputException if a preset or a file was named as well
   */
  @Override
  RunConfiguration change(String json, String origin) {
    if (namesSource()) {
      throw twoConfigurations();
    }
    return super.change(json, origin);
  }

  /** Returns the exception for a preset or a file beside a model. */
  static InputException twoConfigurations() {
    return new InputException(
        "--preset and --conf cannot be combined with a model, which has its own configuration;"
            + " use --set");
  }
}
