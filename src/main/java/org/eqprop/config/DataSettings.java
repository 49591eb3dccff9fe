package org.eqprop.config;

import java.util.List;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.CifarSource;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.IdxSource;
import org.eqprop.data.Normalisation;
import org.eqprop.data.TableSource;

/**
 * The data sets, and how many examples are held out for validation.
 *
 * @param training where the training examples come from
 * @param test where the test examples come from
 * @param validation how many of the last training examples are held out, ≥ 0
 */
public record DataSettings(ExampleSource training, ExampleSource test, int validation) {

  /** The key of {@link #validation}. */
  public static final String VALIDATION_KEY = "data.validation";

  /** The key of the {@link DataFormat}. */
  public static final String FORMAT_KEY = "data.format";

  /** The key of the training examples' location. */
  public static final String TRAIN_IMAGES_KEY = "data.train-images";

  /** The key of the test examples' location. */
  public static final String TEST_IMAGES_KEY = "data.test-images";

  /** The key of a table's reader. */
  public static final String READER_KEY = "data.table.reader";

  /** The key of the reader's options. */
  public static final String OPTIONS_KEY = "data.table.options";

  /** The key of a table's feature columns. */
  public static final String FEATURES_KEY = "data.table.features";

  /** The key of a table's label column. */
  public static final String LABEL_KEY = "data.table.label";

  static final String TRAIN_LABELS_KEY = "data.train-labels";
  static final String TEST_LABELS_KEY = "data.test-labels";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public DataSettings {
    InvalidValueException.check(
        validation >= 0, VALIDATION_KEY, validation, "a whole number from 0 (train on all) up");
  }

  /**
   * Reads the keys below {@code data}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  static DataSettings of(KeyValues values) {
    DataFormat format = values.choice(FORMAT_KEY, DataFormat.class);
    TableForm form = TableForm.of(values);
    return new DataSettings(
        source(
            format,
            values.location(TRAIN_LABELS_KEY),
            form.table(values.location(TRAIN_IMAGES_KEY), normalises(values))),
        // After a scaler that was fitted on the training rows, other rows may lie outside [0, 1].
        source(
            format,
            values.location(TEST_LABELS_KEY),
            form.table(values.location(TEST_IMAGES_KEY), true)),
        values.whole(VALIDATION_KEY));
  }

  /**
   * Returns the source for a format.
   *
   * @param table the source for {@link DataFormat#TABLE}; the other formats use its location
   */
  private static ExampleSource source(DataFormat format, String labels, TableSource table) {
    String images = table.location();
    return switch (format) {
      case IDX -> new IdxSource(images, labels);
      case CIFAR_10 -> new CifarSource(images, CifarSource.Kind.CIFAR_10);
      case CIFAR_100 -> new CifarSource(images, CifarSource.Kind.CIFAR_100);
      case TABLE -> table;
    };
  }

  /** The keys below {@code data.table}. */
  private record TableForm(
      String reader, List<String> options, List<String> features, String label) {
    static TableForm of(KeyValues values) {
      return new TableForm(
          values.location(READER_KEY),
          values.texts(OPTIONS_KEY),
          values.texts(FEATURES_KEY),
          values.location(LABEL_KEY));
    }

    TableSource table(String location, boolean anyValue) {
      return new TableSource(location, reader, options, features, label, anyValue);
    }
  }

  private static boolean normalises(KeyValues values) {
    return !values.isEmpty(Normalisation.MEAN_KEY) || !values.isEmpty(Normalisation.DEVIATION_KEY);
  }

  /** Returns whether reading the headers needs a running Spark session. */
  public boolean needSpark() {
    return training.needsSpark() || test.needsSpark();
  }
}
