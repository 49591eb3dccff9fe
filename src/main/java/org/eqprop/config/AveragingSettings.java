package org.eqprop.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How many replicas there are, and how they are averaged. Training starts with warm-up epochs, in
 * which the replicas are averaged often and the average becomes the new weights. Afterwards they
 * are averaged rarely and learn faster, and an outer optimizer may move further than the average.
 * Values that are {@link #AUTO} are chosen by the number of replicas.
 *
 * @param replicas number of replicas; 0: as many as Spark has cores
 * @param roundsPerEpoch how many times per epoch they are averaged, ≥ 1, or {@link #AUTO}
 * @param warmUpEpochs number of warm-up epochs, ≥ 0, or {@link #AUTO}
 * @param warmUpRounds how many times they are averaged in each warm-up epoch, ≥ 1
 * @param rateFactor on the replicas' learning rates after the warm-up, in (0, 100], or {@link
 *     #AUTO}
 * @param outer what happens to the average after the warm-up
 * @param outerRate η of the outer optimizer, in (0, 10]
 * @param outerMomentum μ of the outer optimizer, in [0, 1), or {@link #AUTO}
 * @param updaterState what happens to the state of the replicas' updaters
 */
public record AveragingSettings(
    int replicas,
    int roundsPerEpoch,
    int warmUpEpochs,
    int warmUpRounds,
    double rateFactor,
    OuterKind outer,
    double outerRate,
    double outerMomentum,
    StateMerging updaterState) {

  /** The key of {@link #replicas}. */
  public static final String REPLICAS_KEY = "averaging.replicas";

  /** The key of {@link #roundsPerEpoch}. */
  public static final String ROUNDS_KEY = "averaging.rounds-per-epoch";

  /** The key of {@link #rateFactor}. */
  public static final String RATE_FACTOR_KEY = "averaging.learning-rate-factor";

  private static final String WARM_UP_EPOCHS_KEY = "averaging.warm-up.epochs";
  private static final String WARM_UP_ROUNDS_KEY = "averaging.warm-up.rounds-per-epoch";
  private static final String OUTER_KEY = "averaging.outer.optimizer";
  private static final String OUTER_RATE_KEY = "averaging.outer.rate";
  private static final String OUTER_MOMENTUM_KEY = "averaging.outer.momentum";
  private static final String UPDATER_STATE_KEY = "averaging.updater-state";

  /** Marks a value that is chosen by the number of replicas. */
  public static final int AUTO = Integer.MIN_VALUE;

  /** Up to this many replicas, averaging plainly once per epoch costs little. */
  private static final int FEW = 2;

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public AveragingSettings {
    InvalidValueException.check(
        replicas >= 0 && replicas <= 100_000,
        REPLICAS_KEY,
        replicas,
        "a whole number from 0 (as many as Spark has cores) to 100000");
    if (roundsPerEpoch != AUTO) {
      checkRounds(ROUNDS_KEY, roundsPerEpoch);
    }
    InvalidValueException.check(
        warmUpEpochs == AUTO || (warmUpEpochs >= 0 && warmUpEpochs <= 100_000),
        WARM_UP_EPOCHS_KEY,
        warmUpEpochs,
        "a whole number from 0 to 100000, or auto");
    checkRounds(WARM_UP_ROUNDS_KEY, warmUpRounds);
    InvalidValueException.check(
        rateFactor == AUTO || (rateFactor > 0 && rateFactor <= 100),
        RATE_FACTOR_KEY,
        rateFactor,
        "a number in (0, 100], or auto");
    InvalidValueException.check(
        outerRate > 0 && outerRate <= 10, OUTER_RATE_KEY, outerRate, "a number in (0, 10]");
    InvalidValueException.check(
        outerMomentum == AUTO || (outerMomentum >= 0 && outerMomentum < 1),
        OUTER_MOMENTUM_KEY,
        outerMomentum,
        "a number in [0, 1), or auto");
  }

  private static void checkRounds(String key, int rounds) {
    InvalidValueException.check(
        rounds >= 1 && rounds <= 100_000, key, rounds, "a whole number from 1 to 100000");
  }

  /**
   * Reads the keys below {@code averaging}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  static AveragingSettings of(KeyValues values) {
    return new AveragingSettings(
        values.whole(REPLICAS_KEY),
        values.wholeOrAuto(ROUNDS_KEY, AUTO),
        values.wholeOrAuto(WARM_UP_EPOCHS_KEY, AUTO),
        values.whole(WARM_UP_ROUNDS_KEY),
        values.numberOrAuto(RATE_FACTOR_KEY, AUTO),
        values.choice(OUTER_KEY, OuterKind.class),
        values.number(OUTER_RATE_KEY),
        values.numberOrAuto(OUTER_MOMENTUM_KEY, AUTO),
        values.choice(UPDATER_STATE_KEY, StateMerging.class));
  }

  /** Returns the keys that {@link #resolved} may change, with their values as in a file. */
  Map<String, String> resolvedKeys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put(REPLICAS_KEY, String.valueOf(replicas));
    keys.put(ROUNDS_KEY, String.valueOf(roundsPerEpoch));
    keys.put(WARM_UP_EPOCHS_KEY, String.valueOf(warmUpEpochs));
    keys.put(RATE_FACTOR_KEY, String.valueOf(rateFactor));
    keys.put(OUTER_MOMENTUM_KEY, String.valueOf(outerMomentum));
    keys.put(OUTER_KEY, KeyValues.word(outer));
    return keys;
  }

  /**
   * Returns these settings for R replicas, with every {@link #AUTO} resolved. For up to two
   * replicas: plain averages once per epoch. For more: R/8 warm-up epochs (2 to 16), then R/4
   * averages per epoch (4 to 64), learning rates twice as high, and {@link OuterKind#NESTEROV} with
   * μ = 1 − 3.2/R (at most 0.95). A step then goes 2/(1−μ) = R/1.6 times as far, which about makes
   * up for the shorter steps that averaging over R replicas causes (measured: ADR 7).
   *
   * @param count R, ≥ 1
   */
  public AveragingSettings resolved(int count) {
    boolean few = count <= FEW;
    return new AveragingSettings(
        count,
        roundsPerEpoch != AUTO ? roundsPerEpoch : few ? 1 : between(4, count / 4, 64),
        warmUpEpochs != AUTO ? warmUpEpochs : few ? 0 : between(2, count / 8, 16),
        warmUpRounds,
        rateFactor != AUTO ? rateFactor : few ? 1 : 2,
        outer != OuterKind.AUTO ? outer : few ? OuterKind.AVERAGE : OuterKind.NESTEROV,
        outerRate,
        outerMomentum != AUTO ? outerMomentum : momentum(count),
        updaterState);
  }

  private static int between(int least, int value, int most) {
    return Math.max(least, Math.min(most, value));
  }

  private static double momentum(int replicas) {
    return Math.max(0, Math.min(0.95, Math.rint(100 - 320.0 / replicas) / 100));
  }

  /** Returns whether the average always becomes the new weights, with unscaled learning rates. */
  public boolean isPlain() {
    return outer == OuterKind.AVERAGE && rateFactor == 1;
  }

  /**
   * Returns how many times the replicas are averaged in an epoch.
   *
   * @param epoch from 1
   */
  public int rounds(int epoch) {
    return epoch <= warmUpEpochs ? warmUpRounds : roundsPerEpoch;
  }
}
