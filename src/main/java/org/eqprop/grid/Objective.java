package org.eqprop.grid;

import java.util.List;
import java.util.Locale;
import org.eqprop.base.KeyValues;

/** What a grid makes as low as it can. The test set chooses nothing, so it is not among these. */
enum Objective {
  /** Error rate on the validation set. */
  VALIDATION_ERROR("validationErrors", true),
  /** Mean cost on the validation set. */
  VALIDATION_COST("validationCosts", false),
  /** Running error rate of the epoch on the training set. */
  TRAIN_ERROR("trainErrors", true);

  private final String key;
  private final boolean rate;

  Objective(String key, boolean rate) {
    this.key = key;
    this.rate = rate;
  }

  /** Returns the key, in JSON, of its values after each epoch. */
  String key() {
    return key;
  }

  /** Returns its name as that of a column. */
  String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns its value after each epoch. */
  List<Double> values(Curve curve) {
    return switch (this) {
      case VALIDATION_ERROR -> curve.validationErrors();
      case VALIDATION_COST -> curve.validationCosts();
      case TRAIN_ERROR -> curve.trainErrors();
    };
  }

  /** Returns its value after some epoch, from 1. */
  double at(Curve curve, int epoch) {
    return values(curve).get(epoch - 1);
  }

  /** Returns its value after the last epoch; infinity before the first. */
  double last(Curve curve) {
    return curve.epochs() == 0 ? Double.POSITIVE_INFINITY : at(curve, curve.epochs());
  }

  /** Returns its name, such as {@code validation error}. */
  String title() {
    return KeyValues.word(this).replace('-', ' ');
  }

  /** Returns the unit of {@link #shown}, with a space before it; empty if it has none. */
  String unit() {
    return rate ? " %" : "";
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
