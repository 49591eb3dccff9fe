package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.eqprop.config.AveragingSettings;
import org.eqprop.config.OuterKind;
import org.eqprop.config.StateMerging;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;

class OuterOptimizerTest {
  private static OuterOptimizer optimizer(OuterKind kind, double rate, double momentum) {
    return OuterOptimizer.of(
        new AveragingSettings(2, 1, 0, 1, 1, kind, rate, momentum, StateMerging.AVERAGE));
  }

  private static TrainingState start(float... parameters) {
    return new TrainingState(3, mean(parameters), null, 0.1);
  }

  @Test
  void averageTakesTheMeanAndHasNoVelocity() {
    TrainingState state = optimizer(OuterKind.AVERAGE, 2, 0.9).step(start(1, 2), mean(5, 7));
    assertThat(state.weights()).isEqualTo(mean(5, 7));
    assertThat(state.velocity()).isNull();
    assertThat(state.epoch()).isEqualTo(3);
    TrainingState moving = new TrainingState(3, mean(1, 2), mean(8, 9), 0.1);
    assertThat(optimizer(OuterKind.AVERAGE, 2, 0.9).step(moving, mean(5, 7)).velocity()).isNull();
  }

  /** Two steps by hand: η = 2, μ = ½. */
  @Test
  void momentumMovesByItsVelocity() {
    OuterOptimizer momentum = optimizer(OuterKind.MOMENTUM, 2, 0.5);
    TrainingState first = momentum.step(start(1, 2), mean(2, 0)); // Δ = (1, −2) = v
    assertThat(first.weights()).isEqualTo(mean(3, -2));
    assertThat(first.velocity()).isEqualTo(mean(1, -2));
    TrainingState second = momentum.step(first, mean(3, 0)); // Δ = (0, 2), v = (½, 1)
    assertThat(second.weights()).isEqualTo(mean(4, 0));
    assertThat(second.velocity()).isEqualTo(mean(0.5f, 1));
  }

  /** Two steps by hand: η = 2, μ = ½. */
  @Test
  void nesterovLooksAhead() {
    OuterOptimizer nesterov = optimizer(OuterKind.NESTEROV, 2, 0.5);
    TrainingState first = nesterov.step(start(1, 2), mean(2, 0)); // Δ = (1, −2) = v
    assertThat(first.weights()).isEqualTo(mean(4, -4)); // θ + 2(Δ + ½v)
    TrainingState second = nesterov.step(first, mean(4, -2)); // Δ = (0, 2), v = (½, 1)
    assertThat(second.weights()).isEqualTo(mean(4.5f, 1));
    assertThat(second.velocity()).isEqualTo(mean(0.5f, 1));
  }

  /** With η = 1 and μ = 0 both are plain averaging, up to rounding θ + (θ̄ − θ). */
  @Test
  void withoutMomentumBothArePlainAveraging() {
    for (OuterKind kind : new OuterKind[] {OuterKind.MOMENTUM, OuterKind.NESTEROV}) {
      TrainingState state = optimizer(kind, 1, 0).step(start(0.1f, -3), mean(0.7f, 1e-3f));
      assertThat(state.weights()).isEqualTo(mean(0.7f, 1e-3f));
    }
  }

  @Test
  void refusesAVelocityOfAnotherNetwork() {
    assertThatThrownBy(() -> new TrainingState(1, mean(1, 2), mean(1, 2, 3), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Weights of a network with as many parameters as values. */
  private static Weights mean(float... values) {
    return new Weights(Network.of(values.length - 1, 1), values);
  }
}
