package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrainingStateTest {
  private static final Weights WEIGHTS = weights(1, 2);
  private static final Weights VELOCITY = weights(3, 4);
  private static final UpdaterState UPDATER = new UpdaterState(List.of(weights(5, 6)), 9);

  private static Weights weights(float w, float b) {
    return new Weights(Network.of(1, 1), new float[] {w, b});
  }

  @Test
  void keepsTheLowestError() {
    TrainingState none = new TrainingState(0, WEIGHTS, VELOCITY, Double.NaN);
    assertThat(none.measured(0.4).error()).isEqualTo(0.4);
    assertThat(none.measured(0.4).measured(0.2).error()).isEqualTo(0.2);
    assertThat(none.measured(0.4).measured(0.2).measured(0.3).error()).isEqualTo(0.2);
  }

  @Test
  void everyStepKeepsWhatItDoesNotReplace() {
    TrainingState state = new TrainingState(7, WEIGHTS, UPDATER, VELOCITY, 0.3);
    assertState(state.measured(0.2), 7, WEIGHTS, VELOCITY, 0.2);
    assertState(state.epochEnded(), 8, WEIGHTS, VELOCITY, 0.3);
    assertState(state.moved(VELOCITY, WEIGHTS), 7, VELOCITY, WEIGHTS, 0.3);
    assertState(state.atRest(), 7, WEIGHTS, null, 0.3);
    for (TrainingState kept :
        List.of(
            state.measured(0.2),
            state.epochEnded(),
            state.moved(VELOCITY, WEIGHTS),
            state.atRest())) {
      assertThat(kept.updater()).isSameAs(UPDATER);
    }
    assertState(state.updated(UpdaterState.ZERO), 7, WEIGHTS, VELOCITY, 0.3);
    assertThat(state.updated(UpdaterState.ZERO).updater()).isSameAs(UpdaterState.ZERO);
  }

  private static void assertState(
      TrainingState state, int epoch, Weights weights, @Nullable Weights velocity, double error) {
    assertThat(state.epoch()).isEqualTo(epoch);
    assertThat(state.weights()).isEqualTo(weights);
    assertThat(state.velocity()).isEqualTo(velocity);
    assertThat(state.error()).isEqualTo((Double) error);
  }

  @Test
  void startsAtRestWithTheWeightsOfTheSeed() {
    for (long seed : List.of(1L, 2L)) {
      ReplicaSpec spec = new ConfigurationReader().set("training.seed=" + seed).read().spec();
      TrainingState initial = TrainingState.initial(spec);
      assertState(initial, 0, Weights.glorotUniform(spec.network(), seed), null, Double.NaN);
      assertThat(initial.updater().isZero()).isTrue();
    }
  }

  /**
   * A model contains what an epoch has trained, a checkpoint everything that the next epoch starts
   * with.
   */
  @Test
  void filesContainTheModelOrTheWholeState() {
    RunConfiguration configuration = new ConfigurationReader().read();
    TrainingState state = new TrainingState(7, WEIGHTS, UPDATER, VELOCITY, 0.3);
    ModelFile model = state.model(configuration);
    assertThat(model.weights()).isSameAs(WEIGHTS);
    assertThat(model.isCheckpoint()).isFalse();
    assertThat(model.metadata())
        .isEqualTo(Map.of("configuration", configuration.toJson(), "epoch", "7"));
    ModelFile checkpoint = state.checkpoint(configuration, "more", "0.3");
    assertThat(checkpoint.metadata())
        .isEqualTo(Map.of("configuration", configuration.toJson(), "epoch", "7", "more", "0.3"));
    TrainingState read = TrainingState.of(checkpoint, 7, 0.3);
    assertState(read, 7, WEIGHTS, VELOCITY, 0.3);
    assertThat(read.updater()).isSameAs(UPDATER);
  }
}
