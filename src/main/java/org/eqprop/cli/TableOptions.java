package org.eqprop.cli;

import com.typesafe.config.ConfigUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.DataFormat;
import org.eqprop.config.DataSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for data in tables. */
@OptionGroup("Tables as data")
final class TableOptions {
  @Option(
      names = "--data",
      paramLabel = "TABLE",
      description =
          "train on a table that Spark reads, such as a Parquet or CSV file; local or on any Hadoop"
              + " file system")
  @Nullable String data;

  @Option(
      names = "--test-data",
      paramLabel = "TABLE",
      description = "the table to test on, read like --data")
  @Nullable String testData;

  @Option(
      names = "--reader",
      paramLabel = "NAME",
      description =
          "how Spark reads the tables: parquet, csv, image …; by default derived from the table's"
              + " name")
  @Nullable String reader;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description = "an option of the reader, such as header=true; may be repeated")
  List<String> options = new ArrayList<>();

  @Option(
      names = "--features",
      paramLabel = "COLUMNS",
      hideParamSyntax = true,
      split = ",",
      description = "the feature columns, comma-separated; by default all columns except the label")
  List<String> features = new ArrayList<>();

  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      description = "the column of classes (" + DataSettings.LABEL_KEY + "); by default label")
  @Nullable String label;

  /**
   * Returns the changes of the configuration that the options make.
   *
   * @throws InputException if one of the two tables is missing
   */
  List<ConfigurationChanges.Change> changes() {
    if ((data == null) != (testData == null)) {
      throw new InputException(
          data == null
              ? "--test-data " + testData + ": expected --data as well"
              : "--data " + data + ": expected --test-data as well, the rows to test on");
    }
    List<ConfigurationChanges.Change> changes = new ArrayList<>();
    if (data != null) {
      String table = KeyValues.word(DataFormat.TABLE);
      ConfigurationChanges.add(changes, "--data", DataSettings.FORMAT_KEY, table);
    }
    ConfigurationChanges.add(changes, "--data", DataSettings.TRAIN_IMAGES_KEY, data);
    ConfigurationChanges.add(changes, "--test-data", DataSettings.TEST_IMAGES_KEY, testData);
    ConfigurationChanges.add(changes, "--reader", DataSettings.READER_KEY, reader);
    ConfigurationChanges.add(changes, "--option", DataSettings.OPTIONS_KEY, list(options));
    ConfigurationChanges.add(changes, "--features", DataSettings.FEATURES_KEY, list(features));
    ConfigurationChanges.add(changes, "--label", DataSettings.LABEL_KEY, label);
    return changes;
  }

  private static @Nullable String list(List<String> texts) {
    return texts.isEmpty()
        ? null
        : texts.stream().map(ConfigUtil::quoteString).collect(Collectors.joining(", ", "[", "]"));
  }
}
