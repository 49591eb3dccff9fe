package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/** What trains the replicas and averages them. */
public enum Engine {
  /** This program. */
  EQPROP,
  /** DL4J's training on Spark; the network is an equilibrium layer. */
  DL4J;

  /** The key. */
  public static final String KEY = "engine";

  /**
   * Reads the key {@code engine}.
   *
   * @throws InvalidValueException if the value is not the word of an engine
   */
  static Engine of(KeyValues values) {
    return values.choice(KEY, Engine.class);
  }
}
