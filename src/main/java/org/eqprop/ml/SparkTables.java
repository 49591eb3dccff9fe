package org.eqprop.ml;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.eqprop.base.InputException;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Shape;
import org.eqprop.data.TableSource;
import org.eqprop.storage.FileList;

/**
 * Opens tables with Spark's own readers. Rows are numbered in the order of a hash of their content:
 * this order mixes the classes and is the same on every cluster, however Spark splits the files.
 */
public final class SparkTables implements TableSource.Opener {
  private static final String ORDER = "order";

  /** The opened tables of the session that ran last. */
  private static final Map<TableSource, DataFrameSource> OPENED = new HashMap<>();

  private static String session = "";

  /** Creates an opener, for {@code ServiceLoader}. */
  public SparkTables() {}

  @Override
  public ExampleSource open(TableSource table, Shape input) {
    synchronized (OPENED) {
      SparkSession spark = SparkSession.builder().getOrCreate();
      String running = spark.sparkContext().applicationId();
      if (!session.equals(running)) {
        OPENED.clear();
        session = running;
      }
      DataFrameSource source = OPENED.computeIfAbsent(table, t -> read(spark, t));
      return input.size() == source.features() ? source.shaped(input) : source;
    }
  }

  private static DataFrameSource read(SparkSession spark, TableSource table) {
    try {
      Dataset<Row> rows = rows(spark, table);
      String[] names = rows.columns();
      RowColumns columns = new RowColumns(names[0], names[1], "", "", ORDER, table.anyValue());
      return DataFrameSource.read(rows, columns, table.location() + ", ");
    } catch (InputException e) {
      throw new InputException(table.location() + ": " + e.getMessage(), e);
    }
  }

  private static Dataset<Row> rows(SparkSession spark, TableSource table) {
    Dataset<Row> all = loaded(spark, table);
    List<String> names = List.of(all.columns());
    if (!names.contains(table.label())) {
      throw new InputException(
          "no column "
              + table.label()
              + " for the label: expected one of "
              + String.join(", ", names)
              + "; choose it with data.table.label (--label); CSV has names with --option"
              + " header=true");
    }
    List<String> features =
        table.features().isEmpty()
            ? names.stream().filter(name -> !name.equals(table.label())).toList()
            : table.features();
    for (String feature : features) {
      if (!names.contains(feature)) {
        throw new InputException(
            "no column " + feature + ": expected one of " + String.join(", ", names));
      }
    }
    List<String> used = new ArrayList<>(features);
    used.add(table.label());
    Column[] columns = used.stream().map(RowColumns::column).toArray(Column[]::new);
    return FeatureRows.of(
        all.select(columns).withColumn(ORDER, functions.xxhash64(columns)), ORDER);
  }

  private static Dataset<Row> loaded(SparkSession spark, TableSource table) {
    String reader = reader(table);
    try {
      return spark
          .read()
          .format(reader)
          .options(options(table))
          .load(FileList.of(table.location()).locations().toArray(String[]::new));
    } catch (Exception e) { // load does not declare AnalysisException, a checked one
      if (e instanceof AnalysisException || e instanceof ClassNotFoundException) {
        throw new InputException(
            "Spark cannot read it as " + reader + " (" + InputException.reason(e) + ")", e);
      }
      throw e;
    }
  }

  private static String reader(TableSource table) {
    if (!table.reader().equals("auto")) {
      return table.reader();
    }
    String name = table.location().toLowerCase(Locale.ROOT).replaceAll("/+$", "");
    String ending = name.replaceAll("\\.(gz|bz2|zst|snappy)$", "").replaceAll(".*[./]", "");
    if (!TableSource.FORMATS.contains(ending)) {
      throw new InputException(
          "its name does not show its format: expected data.table.reader (--reader), such as "
              + String.join(", ", TableSource.FORMATS)
              + ", image or binaryFile");
    }
    return ending;
  }

  private static Map<String, String> options(TableSource table) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : table.options()) {
      String[] parts = option.split("=", 2);
      if (parts.length < 2 || parts[0].isBlank()) {
        throw new InputException(
            "data.table.options = "
                + Arrays.toString(table.options().toArray())
                + ": expected KEY=VALUE, such as header=true");
      }
      options.put(parts[0], parts[1]);
    }
    return options;
  }
}
