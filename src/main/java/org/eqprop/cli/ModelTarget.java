package org.eqprop.cli;

import java.util.Locale;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.dl4j.Dl4jModelFile;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Option;

/** The options that say where a model is written. */
final class ModelTarget {
  /** How a model is written. */
  enum Format {
    /** A zip that DL4J reads. */
    DL4J,
    /** A model file of this program. */
    SAFETENSORS
  }

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "file to write, local or on any Hadoop file system")
  String location = "";

  @Option(names = "--overwrite", description = "replace an existing file")
  boolean overwrite;

  /**
   * Checks that the file may be written.
   *
   * @throws InputException if it already exists and is not to be overwritten
   */
  void check(Storage storage) {
    if (!overwrite && storage.exists(location)) {
      throw new InputException(
          "--out " + location + ": exists already: choose another file, or add --overwrite");
    }
  }

  /**
   * Writes a model, and prints what was written.
   *
   * @throws InputException if it cannot be written
   */
  void write(Storage storage, ModelFile model, Format format) {
    if (format == Format.DL4J) {
      Dl4jModelFile.write(model, storage, location);
    } else {
      model.write(storage, location);
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %s, %s, %,d parameters%n",
        SafeText.line(location),
        format == Format.DL4J ? "a zip for DL4J" : "safetensors",
        model.network(),
        model.network().parameterCount());
  }
}
