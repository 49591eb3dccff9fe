package org.eqprop.data;

import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.FileList;
import org.eqprop.storage.Storage;

/**
 * The rows of a table that Spark reads, such as Parquet or CSV. It must be {@link #opened} before
 * its examples are used, which needs a running Spark session.
 *
 * @param location files or folders, separated by commas
 * @param reader Spark's data source; {@code auto}: chosen by the extension of the location
 * @param options of the reader, each KEY=VALUE
 * @param features the columns that make up an example, in this order; empty: all except the label
 * @param label the column of the classes
 * @param anyValue whether features may be any finite numbers, not only those from 0 to 1
 */
public record TableSource(
    String location,
    String reader,
    List<String> options,
    List<String> features,
    String label,
    boolean anyValue)
    implements ExampleSource {
  /** Readers of files that are named like the file extension. */
  public static final List<String> FORMATS = List.of("csv", "json", "libsvm", "orc", "parquet");

  private static final Set<String> OTHER_FILES = Set.of("auto", "image", "binaryFile");

  public TableSource {
    options = List.copyOf(options);
    features = List.copyOf(features);
  }

  /**
   * Opens tables. Found through {@code ServiceLoader}, since this package does not depend on Spark.
   */
  public interface Opener {
    /**
     * Opens a table. Opening the same table again in the same Spark session gives the same source.
     *
     * @param input shape of the network's input; the examples take this shape if they have as many
     *     values
     * @throws InputException if it cannot be read, or a row is not a valid example
     */
    ExampleSource open(TableSource table, Shape input);
  }

  /** Checks that the files are there, if the reader is one of files. */
  @Override
  public void check(Storage storage) {
    if (!FORMATS.contains(reader) && !OTHER_FILES.contains(reader)) {
      return;
    }
    for (String file : FileList.of(location).files(storage)) {
      if (!storage.exists(file)) {
        throw new InputException(file + ": no such file or folder");
      }
    }
  }

  @Override
  public ExampleSource opened(Shape input) {
    return ServiceLoader.load(Opener.class).findFirst().orElseThrow().open(this, input);
  }

  @Override
  public boolean needsSpark() {
    return true;
  }

  @Override
  public String name() {
    return location;
  }

  @Override
  public Header header(Storage storage) {
    throw new IllegalStateException(location + " has not been opened");
  }

  @Override
  public Examples read(Storage storage, Slice slice) {
    throw new IllegalStateException(location + " has not been opened");
  }
}
