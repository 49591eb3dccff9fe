package org.eqprop.grid;

import java.util.List;
import java.util.Locale;
import org.eqprop.base.KeyValues;
import org.eqprop.spark.Split;

/**
 * The quantity that a grid minimises. The test error is only shown, since the test set must not be
 * used to choose.
 */
enum Objective {
  /** Error rate on the validation set. */
  VALIDATION_ERROR("validationErrors", true, Split.VALIDATION),
  /** Mean cost on the validation set. */
  VALIDATION_COST("validationCosts", false, Split.VALIDATION),
  /** Running error rate of the epoch on the training set. */
  TRAIN_ERROR("trainErrors", true, Split.VALIDATION),
  /** Error rate on the test set; only for grids that choose nothing. */
  TEST_ERROR("testErrors", true, Split.TEST);

  private final String key;
  private final boolean rate;
  private final Split judge;

  Objective(String key, boolean rate, Split judge) {
    this.key = key;
    this.rate = rate;
    this.judge = judge;
  }

  /** Returns the set of examples on which points are evaluated. */
  Split judge() {
    return judge;
  }

  /** Returns the quantities that a grid with this objective records after each epoch. */
  List<Objective> written() {
    return judge == Split.TEST
        ? List.of(TEST_ERROR, TRAIN_ERROR)
        : List.of(VALIDATION_ERROR, VALIDATION_COST, TRAIN_ERROR);
  }

  /** Returns the JSON key of its values after each epoch. */
  String key() {
    return key;
  }

  /** Returns its column name. */
  String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns its value after each epoch. */
  List<Double> values(LearningCurve curve) {
    return switch (this) {
      case VALIDATION_ERROR, TEST_ERROR -> curve.errors();
      case VALIDATION_COST -> curve.costs();
      case TRAIN_ERROR -> curve.trainErrors();
    };
  }

  /** Returns its value after an epoch, counted from 1. */
  double at(LearningCurve curve, int epoch) {
    return values(curve).get(epoch - 1);
  }

  /** Returns its value after the last epoch; infinity before the first. */
  double last(LearningCurve curve) {
    return curve.epochs() == 0 ? Double.POSITIVE_INFINITY : at(curve, curve.epochs());
  }

  /** Returns its name, such as {@code validation error}. */
  String title() {
    return KeyValues.word(this).replace('-', ' ');
  }

  /** Returns whether it is a fraction of the examples. */
  boolean isRate() {
    return rate;
  }

  /** Returns the unit of {@link #shown}, preceded by a space; empty if it has none. */
  String unit() {
    return rate ? " %" : "";
  }

  /** Returns the title of an axis of {@link #scaled} values. */
  String axis() {
    return title() + (rate ? " (%)" : "");
  }

  /** Returns a value as a number to plot: rates in percent. */
  double scaled(double value) {
    return rate ? 100 * value : value;
  }

  /** Returns a value as a number to read: rates in percent. */
  String shown(double value) {
    return String.format(Locale.ROOT, rate ? "%.2f" : "%.4f", scaled(value));
  }
}
