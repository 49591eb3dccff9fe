package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.about;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;

class AveragingTest {
  private static ReplicaResult result(int partition, long examples, float... parameters) {
    return new ReplicaResult(
        partition,
        weights(parameters),
        UpdaterState.ZERO,
        new Measurement(examples, 0, 0, 0, List.of(1.0)),
        0);
  }

  /** Weights of a network with as many parameters as values. */
  private static Weights weights(float... values) {
    return new Weights(Network.of(values.length - 1, 1), values);
  }

  private static Weights merge(List<ReplicaResult> results) {
    return Averaging.sum(results, 0).mean();
  }

  /** Computed by hand: the sums, from which mean and spread follow, and the times. */
  @Test
  void aSumHasTheSumsOfItsReplicasAndItsOwnIndex() {
    PartialSum sum =
        Averaging.sum(
            List.of(
                new ReplicaResult(1, weights(5, 0), UpdaterState.ZERO, measured(10), 3),
                new ReplicaResult(0, weights(1, -4), UpdaterState.ZERO, measured(30), 2)),
            7);
    double[] values = {1, 1};
    sum.addTo(values);
    assertThat(values).containsExactly(1 + 30 + 50, 1 - 120);
    assertThat(sum.squares()).isEqualTo(30 * 17 + 10 * 25);
    assertThat(sum.mean()).isEqualTo(weights(2, -3));
    // 30 of 40 are (1, 1) from the mean, 10 of 40 are (3, 3)
    assertThat(sum.spread()).isEqualTo(Math.sqrt((30 * 2 + 10 * 18) / 40.0), about(1e-12));
    assertThat(sum.measurement()).isEqualTo(new Measurement(40, 40, 80, 20, List.of(2.0)));
    assertThat(sum.computeSeconds()).isEqualTo(3);
    assertThat(sum.totalSeconds()).isEqualTo(5);
    assertThat(sum.index()).isEqualTo(7);
    assertThat(sum.length()).isEqualTo(2);
  }

  private static ReplicaResult withState(
      int replica, long examples, float weight, float first, float second, long updates) {
    List<Weights> state = List.of(weights(first, 1), weights(second, 2));
    return new ReplicaResult(
        replica, weights(weight, -weight), new UpdaterState(state, updates), measured(examples), 1);
  }

  /**
   * Computed by hand: weighted by the examples, like the weights; the spread is only that of the
   * weights.
   */
  @Test
  void averagesTheStatesOfUpdatersLikeTheWeights() {
    List<ReplicaResult> two =
        List.of(withState(0, 30, 1, 4, 100, 7), withState(1, 10, 5, 8, 300, 8));
    PartialSum sum = Averaging.sum(two, 0);
    assertThat(sum.mean()).isEqualTo(weights(2, -2));
    assertThat(sum.updater().values()).hasSize(2);
    assertThat(sum.updater().values().get(0)).isEqualTo(weights(5, 1));
    assertThat(sum.updater().values().get(1)).isEqualTo(weights(150, 2));
    assertThat(sum.updater().updates()).isEqualTo(8);
    assertThat(sum.length()).isEqualTo(6);
    assertThat(sum.network()).isEqualTo(Network.of(1, 1));
    // 30 of 40 are (1, −1) from the mean, 10 of 40 are (3, −3)
    assertThat(sum.spread()).isEqualTo(Math.sqrt((30 * 2 + 10 * 18) / 40.0), about(1e-12));
    PartialSum nested =
        Averaging.sum(
            List.of(Averaging.sum(two.subList(0, 1), 0), Averaging.sum(two.subList(1, 2), 1)), 0);
    assertThat(nested.mean()).isEqualTo(sum.mean());
    assertThat(nested.updater().values().get(1)).isEqualTo(weights(150, 2));
    assertThat(nested.updater().updates()).isEqualTo(8);
    assertThat(nested.spread()).isEqualTo(sum.spread());
  }

  @Test
  void keepsTheStateOfOneReplicaExactly() {
    ReplicaResult one = withState(0, 59_999, 0.1f, Float.MIN_VALUE, 1e30f, 3);
    UpdaterState state = Averaging.sum(List.of(one), 0).updater();
    assertThat(state.values().get(0)).isEqualTo(weights(Float.MIN_VALUE, 1));
    assertThat(state.values().get(1)).isEqualTo(weights(1e30f, 2));
    assertThat(state.updates()).isEqualTo(3);
    assertThat(Averaging.sum(List.of(result(0, 5, 1, 2)), 0).updater().isZero()).isTrue();
  }

  /** A sum of sums is the sum of all. */
  @Test
  void sumsOfGroupsAddUpToTheSumOfAll() {
    List<ReplicaResult> all = new ArrayList<>();
    for (int p = 0; p < 6; p++) {
      all.add(new ReplicaResult(p, weights(p, 1 - p), UpdaterState.ZERO, measured(1 << p), p));
    }
    PartialSum whole = Averaging.sum(all, 0);
    PartialSum grouped =
        Averaging.sum(
            List.of(Averaging.sum(all.subList(0, 4), 0), Averaging.sum(all.subList(4, 6), 1)), 0);
    assertThat(grouped.mean()).isEqualTo(whole.mean());
    assertThat(grouped.spread()).isEqualTo(whole.spread());
    assertThat(grouped.squares()).isEqualTo(whole.squares());
    assertThat(grouped.measurement()).isEqualTo(whole.measurement());
    assertThat(grouped.computeSeconds()).isEqualTo(5);
    assertThat(grouped.totalSeconds()).isEqualTo(15);
  }

  private static Measurement measured(long examples) {
    return new Measurement(examples, examples, 2 * examples, examples / 2, List.of(1.0));
  }

  @Test
  void replicasAreWeightedByTheirExamples() {
    Weights mean = merge(List.of(result(0, 30, 1f, -4f), result(1, 10, 5f, 0f)));
    assertThat(mean).isEqualTo(weights(2f, -3f));
  }

  @Test
  void theOrderOfArrivalDoesNotMatter() {
    Random random = new Random(1);
    List<ReplicaResult> results = new ArrayList<>();
    for (int p = 0; p < 17; p++) {
      float[] parameters = new float[100];
      for (int i = 0; i < parameters.length; i++) {
        parameters[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(30) - 15));
      }
      results.add(result(p, 1000 + random.nextInt(5), parameters));
    }
    double[] inOrder = sums(results);
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(results, random);
      assertThat(sums(results)).isEqualTo(inOrder);
    }
  }

  /** Σ n_r θ_r, and Σ n_r ‖θ_r‖². */
  private static double[] sums(List<ReplicaResult> results) {
    PartialSum sum = Averaging.sum(results, 0);
    double[] values = new double[sum.length() + 1];
    System.arraycopy(addedTo(new double[sum.length()], sum), 0, values, 0, sum.length());
    values[sum.length()] = sum.squares();
    return values;
  }

  private static double[] addedTo(double[] values, PartialSum sum) {
    sum.addTo(values);
    return values;
  }

  @Test
  void keepsOneReplicaExactly() {
    Random random = new Random(2);
    float[] parameters = new float[10_000];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(parameters[i])) {
        parameters[i] = 0;
      }
    }
    assertThat(merge(List.of(result(0, 59_999, parameters)))).isEqualTo(weights(parameters));
  }

  @Test
  void replicasWithoutExamplesDoNotCount() {
    assertThat(merge(List.of(result(0, 0, 7f, 8f), result(1, 5, 3f, 4f))))
        .isEqualTo(weights(3f, 4f));
    PartialSum nothing = Averaging.sum(List.of(result(0, 0, 7f, 8f)), 0);
    assertThat(nothing.measurement().examples()).isZero();
  }

  @Test
  void addsFewerInOnePlaceTheLargerTheyAre() {
    assertThat(Averaging.fanIn(256)).isEqualTo(64);
    assertThat(Averaging.fanIn(397_510)).isEqualTo(42);
    assertThat(Averaging.fanIn(100_000_000)).isEqualTo(4);
    assertThat(Averaging.groups(100, 42)).isEqualTo(3);
    assertThat(Averaging.group(41, 42)).isZero();
    assertThat(Averaging.group(42, 42)).isOne();
  }
}
