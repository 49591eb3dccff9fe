package org.eqprop.data;

import java.util.List;
import java.util.ServiceLoader;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;

/**
 * The rows of a table that Spark reads, such as Parquet or CSV. Before its examples can be used it
 * is {@link #opened}, which takes a running Spark session.
 *
 * @param location files or folders, several with commas
 * @param reader the data source of Spark; {@code auto}: by the ending of the location
 * @param options of the reader, each KEY=VALUE
 * @param features the columns that an example is made of, in this order; empty: all but the label
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

  public TableSource {
    options = List.copyOf(options);
    features = List.copyOf(features);
  }

  /** Opens tables; found by {@code ServiceLoader}, since this package does not know Spark. */
  public interface Opener {
    /**
     * Opens a table; the same one again while its Spark session runs is the same source.
     *
     * @param input shape of the network's input, which the examples take if it is of their size
     * @throws org.eqprop.base.InputException if it cannot be read, or a row is no example
     */
    ExampleSource open(TableSource table, Shape input);
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
    throw new IllegalStateException(location + " is not opened");
  }

  @Override
  public Examples read(Storage storage, Slice slice) {
    throw new IllegalStateException(location + " is not opened");
  }
}
