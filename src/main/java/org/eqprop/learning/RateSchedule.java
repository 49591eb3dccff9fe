package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How the learning rates change over the epochs. In epoch t = 0 … T−1 of T every α_k is multiplied
 * by
 *
 * <pre>
 * (t + 1) / (w + 1)      in the w warm-up epochs, t &lt; w: in equal steps, from 0 before the first
 * f(t − w, T − w)        afterwards, depending on the {@link Kind}
 * </pre>
 *
 * This warm-up (Goyal et al. 2017, §2.2, there per batch) concerns only learning rates. It has
 * nothing to do with {@code averaging.warm-up}, the epochs in which replicas are averaged often.
 *
 * @param kind how the rates change after the warm-up
 * @param decay factor of {@link Kind#EXPONENTIAL} per epoch, in (0, 1]; other kinds ignore it
 * @param warmUpEpochs w, from 0 to 100,000
 */
public record RateSchedule(Kind kind, double decay, int warmUpEpochs) implements Serializable {

  /** The key of {@link #decay}. */
  public static final String DECAY_KEY = "training.decay";

  /** The key of {@link #warmUpEpochs}. */
  static final String WARM_UP_EPOCHS_KEY = "training.warm-up-epochs";

  private static final String SCHEDULE_KEY = "training.schedule";

  /** How the rates change after the warm-up: f(t, T) in epoch t = 0 … T−1 of T epochs. */
  public enum Kind {
    /** f = 1. */
    CONSTANT {
      @Override
      double factor(double decay, int epoch, int epochs) {
        return 1;
      }
    },
    /** f = decay^t. */
    EXPONENTIAL {
      @Override
      double factor(double decay, int epoch, int epochs) {
        return Math.pow(decay, epoch);
      }
    },
    /**
     * f = ½ (1 + cos(π t/T)), from 1 towards 0, which would be reached one epoch after the last
     * (Loshchilov &amp; Hutter 2017, arXiv:1608.03983, eq. 5, with η_min = 0, per epoch, without
     * restarts).
     */
    COSINE {
      @Override
      double factor(double decay, int epoch, int epochs) {
        return 0.5 * (1 + Math.cos(Math.PI * epoch / epochs));
      }
    };

    /**
     * Returns f(t, T).
     *
     * @param decay the schedule's decay
     * @param epoch t, from 0 to T−1
     * @param epochs T, ≥ 1
     */
    abstract double factor(double decay, int epoch, int epochs);
  }

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public RateSchedule {
    InvalidValueException.check(decay > 0 && decay <= 1, DECAY_KEY, decay, "a number in (0, 1]");
    InvalidValueException.check(
        warmUpEpochs >= 0 && warmUpEpochs <= 100_000,
        WARM_UP_EPOCHS_KEY,
        warmUpEpochs,
        "a whole number from 0 to 100000");
  }

  /**
   * Reads the keys below {@code training} that define how the learning rates change.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static RateSchedule of(KeyValues values) {
    return new RateSchedule(
        values.choice(SCHEDULE_KEY, Kind.class),
        values.number(DECAY_KEY),
        values.whole(WARM_UP_EPOCHS_KEY));
  }

  /** Returns the schedule decay^t, without a warm-up. */
  public static RateSchedule exponential(double decay) {
    return new RateSchedule(Kind.EXPONENTIAL, decay, 0);
  }

  /**
   * Returns the factor of every learning rate in an epoch.
   *
   * @param epoch t, from 0 to T−1
   * @param epochs T, greater than {@link #warmUpEpochs}
   */
  public double factor(int epoch, int epochs) {
    return epoch < warmUpEpochs
        ? (epoch + 1.0) / (warmUpEpochs + 1.0)
        : kind.factor(decay, epoch - warmUpEpochs, epochs - warmUpEpochs);
  }
}
