package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NormalsTest {
  private static final int COUNT = 1_000_000;

  private static float[] drawn(int count, long seed) {
    float[] drawn = new float[count];
    new Normals(new SplittableRandom(seed)).add(drawn, 0, count, 1);
    return drawn;
  }

  /** Moments of the standard normal distribution, within 5 standard errors each. */
  @Test
  void theNumbersAreStandardNormal() {
    float[] drawn = drawn(COUNT, 1);
    double[] moments = new double[5];
    int beyondOne = 0;
    int beyondThree = 0;
    for (float x : drawn) {
      for (int power = 1; power <= 4; power++) {
        moments[power] += Math.pow(x, power) / COUNT;
      }
      beyondOne += Math.abs(x) > 1 ? 1 : 0;
      beyondThree += Math.abs(x) > 3 ? 1 : 0;
    }
    assertThat(moments[1]).isCloseTo(0, within(5e-3));
    assertThat(moments[2]).isCloseTo(1, within(7.1e-3));
    assertThat(moments[3]).isCloseTo(0, within(2e-2));
    assertThat(moments[4]).isCloseTo(3, within(5e-2));
    assertThat(beyondOne / (double) COUNT).isCloseTo(0.317311, within(2.4e-3));
    assertThat(beyondThree / (double) COUNT).isCloseTo(0.0026998, within(2.6e-4));
  }

  /** Neighbours share random bits: two numbers share a radius, and two such pairs share a word. */
  @Test
  void neighboursAreIndependent() {
    float[] drawn = drawn(COUNT, 2);
    for (int lag = 1; lag <= 8; lag++) {
      double product = 0;
      double squares = 0;
      for (int i = lag; i < COUNT; i++) {
        product += (double) drawn[i] * drawn[i - lag];
        squares += ((double) drawn[i] * drawn[i] - 1) * (drawn[i - lag] * drawn[i - lag] - 1);
      }
      assertThat(product / COUNT).isCloseTo(0, within(5e-3));
      assertThat(squares / COUNT).isCloseTo(0, within(1e-2));
    }
  }

  @Test
  void addsNumbersTimesTheFactorToTheGivenElements() {
    for (int count = 0; count <= 9; count++) {
      float[] expected = drawn(count, 3);
      float[] target = new float[count + 4];
      Arrays.fill(target, 7);
      new Normals(new SplittableRandom(3)).add(target, 2, 2 + count, 0.5f);
      for (int i = 0; i < target.length; i++) {
        float added = i >= 2 && i < 2 + count ? 0.5f * expected[i - 2] : 0;
        assertThat(target[i]).isCloseTo(7 + added, within(1e-6f));
      }
    }
  }

  @Test
  void numbersContinueFromCallToCall() {
    Normals normals = new Normals(new SplittableRandom(4));
    float[] first = new float[8];
    float[] second = new float[8];
    normals.add(first, 0, 8, 1);
    normals.add(second, 0, 8, 1);
    assertThat(second).isNotEqualTo(first);
    assertThat(first).isEqualTo(drawn(8, 4));
  }

  /** Runs must repeat on other machines and with later versions. */
  @Test
  void theNumbersNeverChange() {
    assertThat(drawn(6, 5))
        .containsExactly(
            -1.7171869f, -0.42034808f, 0.08354886f, 0.6816996f, -1.0854173f, -1.9767392f);
  }
}
