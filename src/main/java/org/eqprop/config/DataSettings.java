package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.CifarSource;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.IdxSource;

/**
 * Which examples.
 *
 * @param training where the training examples come from
 * @param test where the test examples come from
 * @param validation how many of the last training examples are held out, ≥ 0
 */
public record DataSettings(ExampleSource training, ExampleSource test, int validation) {

  /** The key of {@link #validation}. */
  public static final String VALIDATION_KEY = "data.validation";

  static final String FORMAT_KEY = "data.format";
  static final String TRAIN_IMAGES_KEY = "data.train-images";
  static final String TRAIN_LABELS_KEY = "data.train-labels";
  static final String TEST_IMAGES_KEY = "data.test-images";
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
    return new DataSettings(
        source(format, values.location(TRAIN_IMAGES_KEY), values.location(TRAIN_LABELS_KEY)),
        source(format, values.location(TEST_IMAGES_KEY), values.location(TEST_LABELS_KEY)),
        values.whole(VALIDATION_KEY));
  }

  private static ExampleSource source(DataFormat format, String images, String labels) {
    return switch (format) {
      case IDX -> new IdxSource(images, labels);
      case CIFAR_10 -> new CifarSource(images, CifarSource.Kind.CIFAR_10);
      case CIFAR_100 -> new CifarSource(images, CifarSource.Kind.CIFAR_100);
    };
  }
}
