package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RungsTest {
  @Test
  void aFullGridHasOneRung() {
    assertThat(Rungs.full(15).epochs()).containsExactly(15);
    assertThat(Rungs.full(15).survivors(Map.of(0, 0.2, 1, 0.1))).containsExactly(1, 0);
  }

  @Test
  void halvingHasNoRungsAfterOneSettingIsLeft() {
    assertThat(Rungs.halving(9, 3, 24).epochs()).containsExactly(1, 3, 9);
    assertThat(Rungs.halving(27, 3, 4).epochs()).containsExactly(3, 9, 27);
    assertThat(Rungs.halving(9, 3, 1).epochs()).containsExactly(9);
  }

  @Test
  void theBestContinueAndTheEarlierOfEqualOnes() {
    Rungs rungs = Rungs.halving(9, 3, 7);
    assertThat(rungs.survivors(Map.of(0, 0.5, 1, 0.1, 2, 0.3, 3, 0.1, 4, 0.2, 5, 0.9, 6, 0.2)))
        .containsExactly(1, 3, 4);
  }

  @Test
  void countsPlannedEpochs() {
    assertThat(Rungs.full(15).planned(24)).isEqualTo(15 * 24);
    // 24 to epoch 1, 8 to epoch 3, 3 to epoch 9
    assertThat(Rungs.halving(9, 3, 24).planned(24)).isEqualTo(24 + 2 * 8 + 6 * 3);
  }
}
