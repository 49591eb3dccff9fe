package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.Close;
import org.eqprop.base.InvalidValueException;
import org.eqprop.learning.RateSchedule.Kind;
import org.junit.jupiter.api.Test;

class RateScheduleTest {
  private static void assertFactors(RateSchedule schedule, double... expected) {
    assertThat(
            IntStream.range(0, expected.length)
                .mapToDouble(t -> schedule.factor(t, expected.length))
                .toArray())
        .as("%s", schedule)
        .containsExactly(expected, Close.about(1e-15));
  }

  @Test
  void constantRatesIgnoreTheDecay() {
    assertFactors(new RateSchedule(Kind.CONSTANT, 0.5, 0), 1, 1, 1);
  }

  @Test
  void exponentialRatesAreMultipliedAfterEachEpoch() {
    assertFactors(RateSchedule.exponential(0.5), 1, 0.5, 0.25, 0.125);
  }

  /** Bit for bit as in earlier versions. */
  @Test
  void withoutAWarmUpExponentialRatesEqualPow() {
    for (int epoch = 0; epoch < 15; epoch++) {
      assertThat(RateSchedule.exponential(0.9).factor(epoch, 15)).isEqualTo(Math.pow(0.9, epoch));
    }
  }

  /** ½ (1 + cos(π t/T)) at 0, π/3, 2π/3, and at quarters of π. */
  @Test
  void aCosineFallsFromOneAndWouldEndAtZeroAfterTheLastEpoch() {
    assertFactors(new RateSchedule(Kind.COSINE, 0.5, 0), 1, 0.75, 0.25);
    double root = Math.sqrt(2) / 4;
    assertFactors(new RateSchedule(Kind.COSINE, 1, 0), 1, 0.5 + root, 0.5, 0.5 - root);
    assertFactors(new RateSchedule(Kind.COSINE, 1, 0), 1);
  }

  /** The schedule starts with the first epoch at the full rate. */
  @Test
  void aWarmUpRisesInEqualStepsAndTheScheduleFollows() {
    assertFactors(new RateSchedule(Kind.CONSTANT, 1, 3), 0.25, 0.5, 0.75, 1, 1);
    assertFactors(new RateSchedule(Kind.EXPONENTIAL, 0.5, 1), 0.5, 1, 0.5, 0.25);
    assertFactors(new RateSchedule(Kind.COSINE, 1, 1), 0.5, 1, 0.75, 0.25);
  }

  @Test
  void everyRateFollowsTheScheduleOfItsEpoch() {
    Hyperparameters h =
        new Hyperparameters(
            4,
            20,
            List.of(0.2, 0.1),
            new RateSchedule(Kind.COSINE, 1, 1),
            0,
            5,
            0.5,
            Centering.NONE);
    assertThat(h.learningRate(1, 0)).isEqualTo(0.05);
    assertThat(h.learningRate(2, 0)).isEqualTo(0.05);
    assertThat(h.learningRate(1, 1)).isEqualTo(0.1);
    assertThat(h.learningRate(2, 3)).isCloseTo(0.025, Close.about(1e-15));
    assertThat(h.fullRates()).containsExactly(0.1, 0.1);
    assertThat(h.scaled(2).learningRate(2, 0)).isEqualTo(0.1);
    assertThat(h.scaled(2).schedule()).isEqualTo(h.schedule());
  }

  @Test
  void refusesImpossibleValues() {
    assertThatThrownBy(() -> RateSchedule.exponential(1.5))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("training.decay = 1.5: expected a number in (0, 1]");
    assertThatThrownBy(() -> new RateSchedule(Kind.COSINE, 1, -1))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("training.warm-up-epochs = -1: expected");
    RateSchedule three = new RateSchedule(Kind.COSINE, 1, 3);
    assertThatThrownBy(
            () -> new Hyperparameters(3, 1, List.of(0.1), three, 0, 1, 1, Centering.NONE))
        .hasMessage("training.warm-up-epochs = 3: expected less than training.epochs = 3");
  }
}
