package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * The settings of the {@link Updater}: its kind and its numbers. A kind ignores the numbers that it
 * does not use.
 *
 * @param kind the rule
 * @param momentum μ of {@link Kind#MOMENTUM} and {@link Kind#NESTEROV}, in [0, 1)
 * @param beta1 β₁ of {@link Kind#ADAM}, in [0, 1)
 * @param beta2 β₂ of {@link Kind#ADAM}, in [0, 1)
 * @param epsilon ε of {@link Kind#ADAM}, in [1e-30, 1]
 * @param weightDecay λ of every W_k, in [0, 1]; biases do not decay
 */
public record UpdaterSettings(
    Kind kind, double momentum, double beta1, double beta2, double epsilon, double weightDecay)
    implements Serializable {

  /** SGD without weight decay. */
  public static final UpdaterSettings PLAIN =
      new UpdaterSettings(Kind.SGD, 0.9, 0.9, 0.999, 1e-8, 0);

  /** The key of {@link #kind}. */
  public static final String KIND_KEY = "training.updater.kind";

  private static final String MOMENTUM_KEY = "training.updater.momentum";
  private static final String BETA1_KEY = "training.updater.beta1";
  private static final String BETA2_KEY = "training.updater.beta2";
  private static final String EPSILON_KEY = "training.updater.epsilon";
  private static final String WEIGHT_DECAY_KEY = "training.updater.weight-decay";

  /** The available update rules. */
  public enum Kind {
    /** {@link Sgd}. */
    SGD {
      @Override
      Updater updater(UpdaterSettings settings) {
        return new Sgd();
      }
    },
    /** {@link Momentum}, classical. */
    MOMENTUM {
      @Override
      Updater updater(UpdaterSettings settings) {
        return new Momentum(settings.momentum, false);
      }
    },
    /** {@link Momentum}, Nesterov's. */
    NESTEROV {
      @Override
      Updater updater(UpdaterSettings settings) {
        return new Momentum(settings.momentum, true);
      }
    },
    /** {@link Adam}; with weight decay AdamW. */
    ADAM {
      @Override
      Updater updater(UpdaterSettings settings) {
        return new Adam(settings.beta1, settings.beta2, settings.epsilon);
      }
    };

    abstract Updater updater(UpdaterSettings settings);
  }

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public UpdaterSettings {
    checkShare(MOMENTUM_KEY, momentum);
    checkShare(BETA1_KEY, beta1);
    checkShare(BETA2_KEY, beta2);
    InvalidValueException.check(
        epsilon >= 1e-30 && epsilon <= 1, EPSILON_KEY, epsilon, "a number in [1e-30, 1]");
    InvalidValueException.check(
        weightDecay >= 0 && weightDecay <= 1, WEIGHT_DECAY_KEY, weightDecay, "a number in [0, 1]");
  }

  private static void checkShare(String key, double value) {
    InvalidValueException.check(value >= 0 && value < 1, key, value, "a number in [0, 1)");
  }

  /**
   * Reads the keys below {@code training.updater}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static UpdaterSettings of(KeyValues values) {
    return new UpdaterSettings(
        values.choice(KIND_KEY, Kind.class),
        values.number(MOMENTUM_KEY),
        values.number(BETA1_KEY),
        values.number(BETA2_KEY),
        values.number(EPSILON_KEY),
        values.number(WEIGHT_DECAY_KEY));
  }

  /** Creates the update rule. */
  public Updater updater() {
    return kind.updater(this);
  }

  /** Returns whether the update is just θ ← θ − αg. */
  public boolean isPlain() {
    return kind == Kind.SGD && weightDecay == 0;
  }
}
