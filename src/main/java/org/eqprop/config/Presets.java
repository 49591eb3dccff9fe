package org.eqprop.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.base.Suggestions;
import org.eqprop.storage.Storage;

/** The presets that come with the program: files in {@code conf/}, also packed into the jar. */
public final class Presets {
  /** The presets' names, the default first. */
  public static final List<String> NAMES =
      List.of(
          "mnist",
          "conv-mnist",
          "conv-mnist-best",
          "notebook",
          "paper-1x500",
          "paper-2x500",
          "paper-3x500",
          "dchn-cifar10",
          "dchn-cifar100");

  /** Environment variable: a folder whose presets take precedence over those in the jar. */
  private static final String FOLDER_VARIABLE = "EQPROP_CONF";

  private Presets() {}

  /**
   * Reads a preset.
   *
   * @param name one of {@link #NAMES}, or the name of a file NAME.conf in the presets' folder
   * @throws InputException if there is no such preset
   */
  public static ConfigurationReader read(String name) {
    return read(name, "--preset");
  }

  /**
   * Reads a preset.
   *
   * @param name one of {@link #NAMES}, or the name of a file NAME.conf in the presets' folder
   * @param origin what messages call the place where it is named
   * @throws InputException if there is no such preset
   */
  public static ConfigurationReader read(String name, String origin) {
    String folder = System.getenv(FOLDER_VARIABLE);
    if (folder != null && !folder.isEmpty() && name.matches("[A-Za-z0-9._-]+")) {
      Path file = Path.of(folder, name + ".conf");
      if (Files.isRegularFile(file) && !name.startsWith("spark-")) {
        return new ConfigurationReader().file(Storage.local(), file.toString());
      }
    }
    if (!NAMES.contains(name)) {
      throw new InputException(
          origin + " " + name + ": unknown preset: " + Suggestions.of(name, NAMES));
    }
    return new ConfigurationReader().file(Storage.local(), "classpath:conf/" + name + ".conf");
  }
}
