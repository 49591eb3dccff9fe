package org.eqprop.config;

import org.eqprop.base.InvalidValueException;

/**
 * How the replicas are spread and merged. A training begins with warm-up epochs, in which the
 * replicas are averaged often and the average is taken as it is; then they are averaged rarely,
 * learn faster, and an outer optimizer may move further than the average. What is {@link #AUTO}
 * follows from the number of replicas.
 *
 * @param replicas how many; 0: as many as Spark has cores
 * @param roundsPerEpoch how often in an epoch they are averaged, ≥ 1, or {@link #AUTO}
 * @param warmUpEpochs how many epochs are warm-up, ≥ 0, or {@link #AUTO}
 * @param warmUpRounds how often they are averaged in each of those, ≥ 1
 * @param rateFactor on the replicas' learning rates after them, in (0, 100], or {@link #AUTO}
 * @param outer what becomes of the average after them
 * @param outerRate η of the outer optimizer, in (0, 10]
 * @param outerMomentum μ of the outer optimizer, in [0, 1), or {@link #AUTO}
 * @param updaterState what becomes of the state of the replicas' updaters
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

  /** Stands for what follows from the number of replicas. */
  public static final int AUTO = Integer.MIN_VALUE;

  /** Up to so many replicas plain averages once an epoch cost little. */
  private static final int FEW = 2;

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public AveragingSettings {
    InvalidValueException.check(
        replicas >= 0 && replicas <= 100_000,
        "averaging.replicas",
        replicas,
        "a whole number from 0 (as many as Spark has cores) to 100000");
    if (roundsPerEpoch != AUTO) {
      checkRounds("averaging.rounds-per-epoch", roundsPerEpoch);
    }
    InvalidValueException.check(
        warmUpEpochs == AUTO || (warmUpEpochs >= 0 && warmUpEpochs <= 100_000),
        "averaging.warm-up.epochs",
        warmUpEpochs,
        "a whole number from 0 to 100000, or auto");
    checkRounds("averaging.warm-up.rounds-per-epoch", warmUpRounds);
    InvalidValueException.check(
        rateFactor == AUTO || (rateFactor > 0 && rateFactor <= 100),
        "averaging.learning-rate-factor",
        rateFactor,
        "a number in (0, 100], or auto");
    InvalidValueException.check(
        outerRate > 0 && outerRate <= 10, "averaging.outer.rate", outerRate, "a number in (0, 10]");
    InvalidValueException.check(
        outerMomentum == AUTO || (outerMomentum >= 0 && outerMomentum < 1),
        "averaging.outer.momentum",
        outerMomentum,
        "a number in [0, 1), or auto");
  }

  private static void checkRounds(String key, int rounds) {
    InvalidValueException.check(
        rounds >= 1 && rounds <= 100_000, key, rounds, "a whole number from 1 to 100000");
  }

  /**
   * Returns these settings for a number of replicas R, nothing left to be chosen. Up to two: plain
   * averages once an epoch. For more: R/8 warm-up epochs (2 to 16), then R/4 averages an epoch (4
   * to 64), learning rates twice as high, and {@link OuterKind#NESTEROV} with μ = 1 − 3.2/R (0.95
   * at most). A step then goes 2/(1−μ) = R/1.6 times as far, about as much as averaging over R
   * makes it shorter (measured: ADR 7).
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

  /** Returns whether the average is taken as it is throughout, learning rates as they are. */
  public boolean isPlain() {
    return outer == OuterKind.AVERAGE && rateFactor == 1;
  }

  /**
   * Returns how often the replicas are averaged in an epoch.
   *
   * @param epoch from 1
   */
  public int rounds(int epoch) {
    return epoch <= warmUpEpochs ? warmUpRounds : roundsPerEpoch;
  }
}
