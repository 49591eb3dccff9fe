package org.eqprop.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.eqprop.dynamics.Measurement;
import org.junit.jupiter.api.Test;

class AveragingTest {
  private static ReplicaResult result(int partition, long examples, float... parameters) {
    return new ReplicaResult(
        partition, parameters, new Measurement(examples, 0, 0, 0, List.of(1.0)), 0);
  }

  @Test
  void replicasAreWeightedByTheirExamples() {
    float[] mean = Averaging.merge(List.of(result(0, 30, 1f, -4f), result(1, 10, 5f, 0f)));
    assertThat(mean).containsExactly(2f, -3f);
  }

  @Test
  void theOrderOfArrivalDoesNotMatter() {
    Random random = new Random(1);
    List<ReplicaResult> results = new ArrayList<>();
    for (int p = 0; p < 17; p++) {
      float[] parameters = new float[100];
      for (int i = 0; i < parameters.length; i++) {
        parameters[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(8) - 4));
      }
      results.add(result(p, 1000 + random.nextInt(5), parameters));
    }
    float[] inOrder = Averaging.merge(results);
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(results, random);
      assertThat(Averaging.merge(results)).isEqualTo(inOrder);
    }
  }

  @Test
  void oneReplicaIsItselfExactly() {
    Random random = new Random(2);
    float[] parameters = new float[10_000];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(parameters[i])) {
        parameters[i] = 0;
      }
    }
    assertThat(Averaging.merge(List.of(result(0, 59_999, parameters)))).isEqualTo(parameters);
  }

  @Test
  void replicasWithoutExamplesDoNotCount() {
    assertThat(Averaging.merge(List.of(result(0, 0, 7f), result(1, 5, 3f)))).containsExactly(3f);
    assertThatThrownBy(() -> Averaging.merge(List.of(result(0, 0, 7f))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fewerAreAddedInOnePlaceTheLargerTheyAre() {
    assertThat(Averaging.fanIn(256)).isEqualTo(64);
    assertThat(Averaging.fanIn(397_510)).isEqualTo(42);
    assertThat(Averaging.fanIn(100_000_000)).isEqualTo(4);
    assertThat(Averaging.groups(100, 42)).isEqualTo(3);
    assertThat(Averaging.group(41, 42)).isZero();
    assertThat(Averaging.group(42, 42)).isOne();
  }
}
