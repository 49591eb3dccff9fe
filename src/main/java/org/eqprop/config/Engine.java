package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/** What trains the replicas and averages them. */
public enum Engine {
  /** This program's own. */
  EQPROP,
  /** DL4J's training on Spark, of a network that is an equilibrium layer. */
  DL4J;

  /** The key that chooses one. */
  public static final String KEY = "engine";

  /**
   * Reads the key {@code engine}.
   *
   * @throws InvalidValueException if there is none of this name
   */
  static Engine of(KeyValues values) {
    return values.choice(KEY, Engine.class);
  }
}
